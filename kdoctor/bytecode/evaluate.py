"""A code object followed symbolically: what it computes, as an expression tree. Nothing is run.

The stack holds expressions. At a conditional jump both ways are followed to where they meet again, and the one stack entry in
which they differ becomes a conditional expression; a loop is followed once, as the clause of a comprehension.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kdoctor.bytecode.calls import CALLS
from kdoctor.bytecode.code import Code, Release
from kdoctor.bytecode.conditions import original
from kdoctor.bytecode.displays import DISPLAYS
from kdoctor.bytecode.expression import Call, Compare, Comprehension, Constant, Display, Expression, For, Function, Statement, Unary
from kdoctor.bytecode.factoring import returned
from kdoctor.bytecode.flow import JUMPS, after_loop, meeting_points
from kdoctor.bytecode.frame import Budget, Frame, Stack, pop, pop_value
from kdoctor.bytecode.generated import generated_operation
from kdoctor.bytecode.instructions import Instruction
from kdoctor.bytecode.lines import line_of
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.loads import LOADS
from kdoctor.bytecode.loops import for_statement, is_statement, names_given
from kdoctor.bytecode.merging import Ways, difference, merged, merged_assignment, merged_in_loop
from kdoctor.bytecode.operators import OPERATORS
from kdoctor.bytecode.parameters import parameters_of
from kdoctor.bytecode.remembered import remembered
from kdoctor.bytecode.sharing import check_that_nothing_is_computed_twice
from kdoctor.bytecode.shortcuts import call_in_full
from kdoctor.bytecode.stack_values import Closure, Copy, Iterating, Marker  # fmt: skip
from kdoctor.bytecode.statements import OF_BLOCKS, STORES, drop, import_names, store, target
from kdoctor.bytecode.texts import TEXTS
from kdoctor.bytecode.withs import WITHS, check_handlers, leave

STEPS = LOADS | OPERATORS | DISPLAYS | CALLS | TEXTS | WITHS
COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
FUNCTION_MAKERS = ("MAKE_FUNCTION", "MAKE_CLOSURE", "SET_FUNCTION_ATTRIBUTE")
PAUSES = 0x20 | 0x80 | 0x100 | 0x200  # flags of generators and coroutines
OVER = ("SETUP_LOOP", "END_FOR", "POP_ITER")  # a loop is followed by itself, and has already taken its iterator away
GENERATOR = Display("generator", ())


@dataclass(frozen=True, slots=True)
class Returned:
    value: Expression


@dataclass(frozen=True, slots=True)
class Reached:
    stack: Stack


@remembered
def evaluate(code: Code, release: Release) -> Function:
    """What `code` computes, read as `release` would; raises Untraceable (saying why) or MalformedCode."""
    frame = Frame(code, release, {}, Budget())
    function = generated_operation(code, frame.steps) or _function(frame, Closure(code))
    check_that_nothing_is_computed_twice(function)
    return function


def _function(frame: Frame, closure: Closure) -> Function:
    result = _Evaluator(frame).result()
    return Function(frame.code.name, parameters_of(closure), tuple(frame.statements), result)


class _Evaluator:
    """Follows one frame."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.meeting = meeting_points(frame.steps, frame.position)

    def result(self) -> Expression:
        check_handlers(self.frame)
        if self.frame.code.flags & PAUSES and self.frame.code.name != "<genexpr>":
            raise Untraceable("a generator or coroutine")
        stack: Stack = [GENERATOR] if self.frame.code.name == "<genexpr>" else []
        outcome = self.run(0, stack, len(self.frame.steps))
        if not isinstance(outcome, Returned):
            raise Untraceable("the code never returns")
        return outcome.value

    def run(self, index: int, stack: Stack, stop: int) -> Returned | Reached:
        """Follow the code from a step on until it returns or reaches the step `stop`."""
        while index != stop:
            if index >= len(self.frame.steps):
                raise Untraceable("the code runs off its end")
            self.frame.budget.spend()
            try:
                following = self.follow(index, stack, stop)
            except Untraceable as error:
                if error.line is not None:
                    raise
                raise Untraceable(error.reason, line_of(self.frame.code, self.frame.steps[index].offset, self.frame.release)) from error
            if isinstance(following, Returned):
                return following
            self.frame.computes(stack[-1:])
            index = following
        return Reached(stack)

    def follow(self, index: int, stack: Stack, stop: int) -> Returned | int:
        """Do one step; where to go on, or what is returned."""
        step = self.frame.steps[index]
        if (written_out := call_in_full(self.frame.steps, index)) is not None:
            return self.frame.position[written_out]
        if step.name in ("RETURN_VALUE", "RETURN_CONST"):
            return Returned(self.returned(step, stack))
        if step.name in JUMPS:
            return self.jump(index, step, stop)
        if step.name == "FOR_ITER":
            return self.loop(index, step, stack)
        if step.target is not None and step.name not in ("SETUP_WITH", "SETUP_LOOP"):
            outcome = self.branch(index, step, stack, stop)
            if isinstance(outcome, Returned):
                return outcome
            stack[:] = outcome.stack
            return self.meet(index, stop)
        if step.name in STORES:
            return store(self.frame, index, stack)
        if step.name == "IMPORT_NAME":
            return import_names(self.frame, index, stack)
        self.apply(index, step, stack)
        return index + 1

    def apply(self, index: int, step: Instruction, stack: Stack) -> None:
        if step.name == "YIELD_VALUE":
            self.yield_value(stack)
        elif step.name in OVER or (step.name == "POP_TOP" and drop(self.frame, stack)) or (step.name in CALLS and leave(step, stack)):
            pass
        elif step.name == "RETURN_GENERATOR":
            stack.append(Marker("sent"))
        elif step.name not in STEPS:
            raise Untraceable(f"instruction {step.name}")
        else:
            STEPS[step.name](self.frame, step, stack)
            self.settle(index, step, stack)
            if self.makes_boolean(index, step):
                stack.append(Unary("not", Unary("not", pop_value(stack))))

    def settle(self, index: int, step: Instruction, stack: Stack) -> None:
        """A function on top that is complete becomes what it computes; so does a comprehension that is called."""
        top = stack[-1] if stack else None
        if isinstance(top, Call) and isinstance(top.function, Closure):
            stack[-1] = self.comprehension(top.function, top.arguments)
        elif isinstance(top, Closure) and step.name in FUNCTION_MAKERS and not self.goes_on(index) and top.code.name not in COMPREHENSIONS:
            stack[-1] = self.function_within(top)

    def function_within(self, closure: Closure) -> Function:
        """A lambda, or a named function that might as well be one."""
        function = _function(self.frame.within(closure), closure)
        if function.statements:
            raise Untraceable("a function with statements within")
        return replace(function, name="<lambda>")

    def makes_boolean(self, index: int, step: Instruction) -> bool:
        """Since 3.13 a value is made True or False before a jump looks at it; without a jump, that is `not not value`."""
        if step.name != "TO_BOOL" and not (step.name == "COMPARE_OP" and self.frame.release >= (3, 13) and step.argument & 16):
            return False
        following = [after.name for after in self.frame.steps[index + 1 : index + 2]]
        return not following or not (following[0].startswith("POP_JUMP_IF") or following[0] == "UNARY_NOT")

    def goes_on(self, index: int) -> bool:
        """Whether the function that a step makes gets more attributes right after."""
        following = self.frame.steps[index + 1 : index + 2]
        return bool(following) and following[0].name == "SET_FUNCTION_ATTRIBUTE"

    def comprehension(self, closure: Closure, arguments: tuple[Expression, ...]) -> Expression:
        if len(arguments) != 1 or not isinstance(arguments[0], Iterating):
            raise Untraceable("a comprehension that is called in another way")
        return _Evaluator(self.frame.within(closure, arguments[0].iterable)).result()

    def returned(self, step: Instruction, stack: Stack) -> Expression:
        value = Constant(self.frame.code.consts[step.argument]) if step.name == "RETURN_CONST" else pop_value(stack)
        if self.frame.code.name == "<genexpr>":
            if value != Constant(None) or len(stack) != 1:
                raise Untraceable("a generator that returns something")
            return stack[0]
        if any(not isinstance(left, Marker) or left.what not in OF_BLOCKS for left in stack):
            raise Untraceable("values are left when the code returns")
        return value

    def yield_value(self, stack: Stack) -> None:
        element = pop_value(stack)
        if self.frame.code.name != "<genexpr>" or not stack or stack[0] != GENERATOR:
            raise Untraceable("a generator")
        stack[0] = Comprehension("generator", element, None, ())
        stack.append(Marker("sent"))

    def jump(self, index: int, step: Instruction, stop: int) -> int:
        target = self.frame.position[step.target if step.target is not None else step.end]
        if target <= index and target != stop:
            raise Untraceable("a loop")
        return target

    def meet(self, index: int, stop: int) -> int:
        """Where both ways from a jump meet, but not beyond `stop` (which lies before `index` in the body of a loop)."""
        meeting = self.meeting[index]
        if meeting == len(self.frame.steps):
            return stop
        return min(meeting, stop) if stop > index else meeting

    def branch(self, index: int, step: Instruction, stack: Stack, stop: int) -> Returned | Reached:
        test, jumps_if, keeps = self.test(step, stack)
        is_kept = keeps or any(test is kept for kept in self.frame.copied)
        begun = [value for value in stack if not isinstance(value, (Marker, Copy)) and not any(value is kept for kept in self.frame.copied)]
        stop = self.meet(index, stop)
        assert step.target is not None
        self.frame.budget.enter()
        jumped, if_jumped = self.way(index, self.frame.position[step.target], [*stack, test] if keeps else list(stack), stop)
        went_on, if_not = self.way(index, index + 1, list(stack), stop)
        self.frame.budget.leave()
        then, otherwise = (jumped, went_on) if jumps_if else (went_on, jumped)
        if if_jumped or if_not:
            statements = (if_jumped, if_not) if jumps_if else (if_not, if_jumped)
            return self.assigned(test, then, otherwise, statements, jumps_if)
        if isinstance(then, Returned) and isinstance(otherwise, Returned):
            return Returned(returned(test, then.value, otherwise.value, begun, is_kept, negated_reads_better=jumps_if))
        if isinstance(then, Reached) and isinstance(otherwise, Reached):
            return Reached(merged(test, then.stack, otherwise.stack, jumps_if))
        raise Untraceable("one way returns, the other goes on")

    def way(self, index: int, target: int, stack: Stack, stop: int) -> tuple[Returned | Reached, list[Statement]]:
        """Follow one way from a jump; what it leaves, and the statements on it."""
        before, self.frame.statements = self.frame.statements, []
        self.frame.branches += 1
        outcome = self.run_from(target, stack, index, stop)
        self.frame.branches -= 1
        statements, self.frame.statements = self.frame.statements, before
        return outcome, statements

    def assigned(
        self, test: Expression, then: Returned | Reached, otherwise: Returned | Reached, statements: Ways, negated_reads_better: bool
    ) -> Returned | Reached:
        """`if` with one assignment on each way, or on one: the variable gets a conditional expression. Both ways go on alike, or end alike."""
        if then != otherwise:
            raise Untraceable("a statement on one way")
        known = {*self.frame.arguments(), *self.frame.known, *(name for each in self.frame.statements for name in names_given(each))}
        merge = merged_in_loop if self.frame.known else merged_assignment
        self.frame.statements.append(merge(test, statements, known, negated_reads_better))
        return then

    def run_from(self, target: int, stack: Stack, index: int, stop: int) -> Returned | Reached:
        if target <= index and target != stop:
            raise Untraceable("a loop")
        return self.run(target, stack, stop)

    def test(self, step: Instruction, stack: Stack) -> tuple[Expression, bool, bool]:
        """What a jump looks at, whether it jumps when that holds, and whether it then leaves it on the stack."""
        if "JUMP" not in step.name:
            raise Untraceable(f"instruction {step.name}")
        test = original(pop_value(stack))
        if step.name.endswith(("_IF_NONE", "_IF_NOT_NONE")):
            return Compare(test, ("is",), (Constant(None),)), step.name.endswith("_IF_NONE"), False
        if "_IF_TRUE" in step.name or "_IF_FALSE" in step.name:
            return test, "_IF_TRUE" in step.name, step.name.endswith("_OR_POP")
        raise Untraceable(f"instruction {step.name}")

    def way_of_loop(self, index: int, stack: Stack, stop: int) -> Stack | None:
        outcome = self.run(index, stack, stop)
        return outcome.stack if isinstance(outcome, Reached) else None

    def loop(self, index: int, step: Instruction, stack: Stack) -> int:
        """Follow a loop once: the collection that it fills becomes a comprehension. Returns the step after the loop."""
        iterator = stack[-1] if stack else None
        if not isinstance(iterator, Iterating) or step.target is None:
            raise Untraceable("a loop")
        if is_statement(self.frame, stack):
            return for_statement(self.frame, step, index, stack, self.way_of_loop)
        variable, first = target(self.frame, index + 1)
        self.frame.loops += 1
        self.frame.budget.enter()
        outcome = self.run(first, list(stack), index)
        self.frame.loops -= 1
        self.frame.budget.leave()
        if not isinstance(outcome, Reached) or len(outcome.stack) != len(stack):
            raise Untraceable("a loop")
        changed = difference(stack, outcome.stack)
        body = outcome.stack[changed]
        if not isinstance(body, Comprehension):
            raise Untraceable("a loop")
        stack[changed] = replace(body, clauses=(For(variable, iterator.iterable), *body.clauses))
        pop(stack, 1)
        return after_loop(self.frame.steps, self.frame.position[step.target], self.frame.release)
