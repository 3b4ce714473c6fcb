"""How many instances demand asks for."""

from streams.apps.serve.manifests import Service
from streams.apps.serve.scaling import Scaling

SERVICE = Service("f", ("app",), concurrency=10, max_scale=3, window=6.0)


def sampled(service: Service, *loads: int) -> Scaling:
    scaling = Scaling(service)
    for number, load in enumerate(loads):
        scaling.sample(number * 0.5, load)
    return scaling


def test_no_demand_needs_no_instance() -> None:
    assert sampled(SERVICE, 0, 0).at_least() == 0


def test_demand_above_the_target_needs_another() -> None:
    assert sampled(SERVICE, *[7] * 6).at_least() == 1
    assert sampled(SERVICE, *[8] * 6).at_least() == 2


def test_never_more_than_max_scale_nor_fewer_than_min_scale() -> None:
    assert sampled(SERVICE, *[500] * 6).at_least() == 3
    assert sampled(Service("f", ("app",), min_scale=1), 0).at_least() == 1


def test_nothing_stops_before_the_window_is_over() -> None:
    scaling = sampled(SERVICE, 1, *[0] * 8)
    assert scaling.at_most(4.0) == 3


def test_an_idle_window_stops_everything() -> None:
    scaling = sampled(SERVICE, 1, *[0] * 20)
    assert scaling.at_most(10.0) == 0


def test_a_request_between_two_samples_counts() -> None:
    scaling = sampled(SERVICE, *[0] * 20)
    scaling.note(1)
    scaling.sample(10.0, 0)
    assert scaling.at_most(10.0) == 1
