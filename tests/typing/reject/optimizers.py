"""Optimisers and schedules."""

from pyrsistent import pvector

from microfp import losses, optim, schedules
from microfp.optim import AdamState, Descent, EmptyState, Numbers, Optimizer, Rule
from microfp.record import Record, attr

adam = optim.adam(0.1)
zeros = pvector([0.0])


class Count(Record):
    n: int = attr()


def begin(parameters: Numbers) -> Count:
    return Count(n=0)


def move(gradients: Numbers, state: Count, parameters: Numbers, step: int) -> tuple[Numbers, Count]:
    return gradients, state


def mute(gradients: Numbers, state: Count) -> Numbers:
    return gradients


def other(
    gradients: Numbers, state: AdamState, parameters: Numbers, step: int
) -> tuple[Numbers, AdamState]:
    return gradients, state


optim.own("count", begin, mute)  # reject
optim.own("count", begin, other)  # reject
optim.own(begin, move)  # reject
optim.own("count", move, begin)  # reject
optim.own("count", begin, move, rate=0.1)  # reject
optim.own("count", begin, move, learning_rate=0.1)  # reject
optim.adam(betas=0.9)  # reject
optim.adam(betas=(0.9, 0.99, 0.999))  # reject
optim.adam(betas=[0.9, 0.99])  # reject
optim.adam(lr=0.1)  # reject
optim.adam(0.1, 0.9)  # reject
optim.adam(eps="1e-8")  # reject
optim.adam("cosine")  # reject
optim.adam(None)  # reject
optim.sgd()  # reject
optim.sgd(0.1, momentum=0.9)  # reject
optim.momentum(0.1, 0.9)  # reject
optim.momentum(0.1, nesterov=True)  # reject
optim.sgd(schedules.cosine)  # reject
optim.sgd(schedules.constant)  # reject
optim.sgd(losses.max_margin())  # reject
optim.adamw(weight_decay="0.1")  # reject
optim.chain("adam")  # reject
optim.chain(optim.adam)  # reject
optim.chain(optim.clip(1.0), 0.1)  # reject
optim.clip("1")  # reject
optim.clip()  # reject
optim.clip_by_global_norm(1.0, 2.0)  # reject
optim.clip_by_global_norm(norm=1.0)  # reject
optim.masked(optim.adam(), [True])  # reject
optim.masked(True, optim.adam())  # reject
optim.multi_transform([optim.adam()], ["a"])  # reject
optim.multi_transform({"a": "adam"}, ["a"])  # reject
optim.accumulate_gradients(optim.adam())  # reject
optim.accumulate_gradients(optim.adam(), 4)  # reject
optim.lookahead(optim.adam(), every="5")  # reject
optim.trace(0.9, True)  # reject
optim.scale(adam)  # reject
optim.scale_by_schedule(0.1)  # reject
optim.scale_by_learning_rate("0.1")  # reject
adam.learning_rate + 1.0  # reject
adam.learning_rate("1")  # reject
adam.lr  # reject
adam.step()  # reject
adam.zero_grad()  # reject
adam.update(zeros)  # reject
adam.update([0.0], EmptyState(), [0.0], 0)  # reject
adam.init([1.0])  # reject
adam.name = "x"  # reject
optim.chain(adam).learning_rate(1)  # reject
d: Descent = optim.chain(adam)  # reject
optim.OPTIMIZERS["adm"]  # reject
o: optim.OptimizerName = "adm"  # reject
Optimizer("x", begin)  # reject
Optimizer(name="x", init=begin, update=mute)  # reject
Rule(function=mute)  # reject
Rule(state=Count)  # reject
optim.from_rule(Rule(function=lambda g, slots, p, c: (g, slots)))  # reject
optim.from_rule("r", lambda g, slots, p, c: (g, slots))  # reject
optim.averaged_parameters(adam)  # reject

schedules.cosine(0.1)  # reject
schedules.cosine("0.1", 10)  # reject
schedules.cosine(0.1, 10, 0.0)  # reject
schedules.cosine(0.1, 10)("1")  # reject
schedules.cosine(0.1, 10)(1).foo  # reject
schedules.cosine(0.1, steps=10.5)  # reject
schedules.linear(0.1, 0.0)  # reject
schedules.warm_up(0.1, 10)  # reject
schedules.warm_up(schedules.cosine, 10)  # reject
schedules.warm_up(schedules.constant(0.1))  # reject
schedules.join([0.1, 0.2], [10])  # reject
schedules.join([schedules.constant(0.1)], 10)  # reject
schedules.step_decay(0.1, 10)  # reject
schedules.step_decay(0.1, every="10")  # reject
schedules.one_cycle(0.1)  # reject
schedules.plateau(0.1)(1)  # reject
schedules.after_loss(0.1, 1.0)  # reject
schedules.after_loss(schedules.plateau(0.1), "1")  # reject
optim.sgd(schedules.plateau(0.1))  # reject
schedules.exponential(0.1)  # reject
schedules.at_least(0.1, 0.01)  # reject
schedules.SCHEDULES["cosin"]  # reject
schedules.micrograd_decay("1")  # reject
schedules.micrograd_decay()  # reject
s: schedules.Schedule = 0.1  # reject
s2: schedules.Schedule = schedules.cosine  # reject
n: schedules.ScheduleName = "cosin"  # reject
