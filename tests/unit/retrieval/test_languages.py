"""A question's words are looked for in its own language, where that can be told and documents are in it."""

from pincite.retrieval import asked_in

GERMAN = "Wie viele Urlaubstage darf ich in das nächste Jahr mitnehmen?"


def test_a_question_is_asked_in_its_own_language_and_of_what_could_not_be_told() -> None:
    assert asked_in(GERMAN, ("en", "de", "und", "fr")) == ("de", "und")
    assert asked_in("How many days of leave may be carried over?", ("de", "en")) == ("en",)


def test_a_question_in_a_language_that_is_not_there_is_asked_in_all() -> None:
    assert asked_in(GERMAN, ("en", "fr", "und")) == ("en", "fr", "und")


def test_a_question_too_short_to_tell_is_asked_in_the_commonest() -> None:
    there = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "fi", "ru")
    assert asked_in("PTO", there) == there[:8]


def test_where_all_is_in_one_language_nothing_is_told() -> None:
    assert asked_in(GERMAN, ("en", "und")) == ("en", "und")
    assert asked_in(GERMAN, ()) == ()
