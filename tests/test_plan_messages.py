"""What the terminal says of plans, and of rules that no plan keeps, it says in its language."""

import numpy as np
import pytest

import boxreach as br
from boxreach.cli.plan_words import describe_proposal
from boxreach.cli.speech import ENGLISH, speak
from boxreach.errors import InfeasibleError, InputError
from boxreach.languages import LANGUAGES
from boxreach.languages.messages import translate

FAR = 99.0
OTHERS = tuple(one for one in LANGUAGES if one != ENGLISH)
EACH = {"c1": np.array([5, FAR]), "c2": np.array([FAR, 5])}
TWO = np.array([10.0, 40.0])


@pytest.fixture
def refusal(make_times):
    """Return what is raised where a plan is asked of sites in one governorate."""

    def ask(minutes, people, model, **asked):
        options = make_times(minutes, people)
        options.sites["governorate"] = "Ninewa"
        options.demand["name"] = [f"Town {n}" for n in range(len(people))]
        with pytest.raises((InfeasibleError, InputError)) as error:
            br.propose(options, model, **asked)
        return error.value

    return ask


def some_in(least, most=None, **more):
    return [br.Quota("governorate", "Ninewa", at_least=least, at_most=most, **more)]


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize(
    ("model", "asked"),
    [
        (br.PCenter(sites=1), {}),
        (br.BackupCover(sites=1, minutes=30), {"fixed": ["c1"], "quotas": some_in(0, 0)}),
        (br.MaxCover(sites=1, minutes=30), {"quotas": some_in(3)}),
        (br.MaxCover(sites=2, minutes=30), {"quotas": some_in(0, 1, every_phase=True)}),
        (br.MaxCover(sites=2, minutes=30), {"apart_km": 9_000}),
        (br.MaxCover(sites=9, minutes=30), {}),
        (br.MaxCover(budget=1.0, minutes=30), {"fixed": ["c1"]}),
        (br.SetCover(minutes=30, boxes=2), {}),
        (br.SetCover(minutes=30, boxes=2, share=0.5), {}),
        (br.SetCover(minutes=30), {"forbidden": ["c1"], "quotas": some_in(1, 1)}),
        (br.PMedian(sites=1), {"ties": "score", "phases": [1], "seed": "x"}),
    ],
    ids=str,
)
def test_rules_that_no_plan_keeps_are_told_without_english(
    refusal, left_in_english, model, asked, language
):
    """Each rule, what is counted of it and what to do, whatever rules there are."""
    error = refusal(EACH, TWO, model, **asked)
    told = error.tell(lambda text: translate(text, language))
    assert not left_in_english(told), f"{error} is {told}"
    assert told.count("\n") == str(error).count("\n")


def test_of_many_places_that_nothing_reaches_some_are_named_and_the_others_counted(refusal):
    """Ten by id and name; how many more there are stands behind them in every language."""
    error = refusal({"c1": np.full(14, FAR)}, np.ones(14), br.SetCover(minutes=30))
    assert "d09 (Town 9) and 4 more within 30 minutes" in str(error)
    told = error.tell(lambda text: translate(text, "ar"))
    assert "d08 (Town 8), d09 (Town 9)، وغيرها: 4 خلال 30 دقيقة" in told


@pytest.mark.parametrize("language", OTHERS)
def test_a_plan_is_told_without_english(make_times, left_in_english, language):
    """Its figures, quotas, phases, what the rules cost and what is held back."""
    options = make_times(EACH | {"c3": np.array([50, 5])}, TWO)
    options.sites["governorate"] = ["Ninewa", "Erbil", "Ninewa"]
    plan = br.propose(
        options, br.MaxCover(sites=3, minutes=30), quotas=some_in(1), phases=[1, 2], reserve=1
    )
    object.__setattr__(plan, "forgone", br.placement.Span(1_000, 2_000))
    speak(language)
    try:
        told = describe_proposal(plan)
    finally:
        speak(ENGLISH)
    assert not set(left_in_english(told)) - {"a"}  # which is a word of Kurmanji too
    assert "1,000" in told
    assert "2,000" in told
    assert "1,000 to" not in told


@pytest.mark.parametrize("language", OTHERS)
def test_a_plan_says_of_its_quotas_and_phases_what_it_says_in_english(make_times, language):
    """A quota of one limit has no other, and phases that lose nothing have no line of it."""
    options = make_times(EACH, TWO)
    options.sites["governorate"] = "Ninewa"
    asked = br.MaxCover(sites=2, minutes=30)
    plan = br.propose(options, asked, quotas=some_in(1, every_phase=True), phases=[1, 2])
    speak(language)
    try:
        told = describe_proposal(plan)
    finally:
        speak(ENGLISH)
    assert translate("at least 1 in governorate Ninewa in every phase", language) in told
    assert len(told.splitlines()) == len(str(plan).splitlines())


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("model", [br.SetCover(minutes=30), br.MaxCover(sites=1, minutes=30)])
def test_a_bound_from_below_is_told_by_other_words_than_a_ceiling(make_times, model, language):
    plan = br.propose(make_times(EACH, TWO), model)
    speak(language)
    try:
        told = describe_proposal(plan)
    finally:
        speak(ENGLISH)
    ceiling = {"ar": "السقف", "ckb": "بنمیچ", "kmr": "sînorê jorîn"}[language]
    assert (ceiling in told) == isinstance(model, br.MaxCover)


@pytest.mark.parametrize("language", OTHERS)
def test_a_plan_for_nobody_known_says_no_share_that_is_no_number(make_times, language):
    plan = br.propose(make_times(EACH, TWO * 0), br.MaxCover(sites=1, minutes=30))
    speak(language)
    try:
        told = describe_proposal(plan)
    finally:
        speak(ENGLISH)
    assert "nan" not in told
    assert told.count("0.0%") == 2
