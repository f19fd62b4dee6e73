import pytest

from audits.frames.cells import MISSING_GROUP
from tests.audits.frames.reading import binary, counts, read, refusal

HEADER = "group,label,prediction\n"


def test_rows_are_counted_by_group_label_and_prediction() -> None:
    report, found = read(HEADER + "a,1,1\na,0,1\nb,1,0\nb,1,0\n")
    assert counts(found) == {("a", 0, 1): 1, ("a", 1, 1): 1, ("b", 1, 0): 2}
    assert (report.rows_read, report.rows_used, report.dropped) == (4, 4, {})
    assert found.weight.tolist() == found.n.tolist()


def test_words_for_yes_and_no_are_read_together_and_reported() -> None:
    report, found = read(HEADER + "a,1.0,yes\na,TRUE,No\na, 0 ,false\n")
    assert counts(found) == {("a", 1, 1): 1, ("a", 1, 0): 1, ("a", 0, 0): 1}
    assert report.readings["label"] == {" 0 ": "negative", "1.0": "positive", "TRUE": "positive"}


@pytest.mark.parametrize(
    ("positive", "other"), [(">50K", "<=50K"), ("1", "-1"), ("1", "2"), ("good", "bad"), ("no", "yes")]
)
def test_the_other_class_is_the_one_other_value(positive: str, other: str) -> None:
    _, found = read(HEADER + f"a,{positive},{other}\n", binary(positive=positive))
    assert counts(found) == {("a", 1, 0): 1}


def test_missing_labels_stay_for_what_needs_no_label() -> None:
    report, found = read(HEADER + "a,,1\na,NA,0\na,1,1\n")
    assert counts(found) == {("a", -1, 0): 1, ("a", -1, 1): 1, ("a", 1, 1): 1}
    assert report.unlabelled == 2


def test_every_row_that_is_set_aside_is_counted_under_its_reason() -> None:
    rows = "a,1,1\n" * 60 + "a,1,\n" + "a,2,1\n" + "a,1,maybe\n" + "a,2,?\n"
    report, _ = read(HEADER + rows)
    assert report.dropped == {
        "label not one of the two values": 1,
        "prediction missing": 2,
        "prediction not one of the two values": 1,
    }
    assert report.rows_used + sum(report.dropped.values()) == report.rows_read == 64


def test_a_positive_value_that_never_occurs_is_refused_with_what_does() -> None:
    found = refusal(HEADER + "a,good,bad\n", binary(positive="Good"))
    assert found.code == "values.positive_unseen"
    assert '"good"' in found.message


def test_more_than_two_classes_are_no_binary_task() -> None:
    found = refusal(HEADER + "a,low,high\na,mid,high\n", binary(positive="high"))
    assert found.code == "values.more_than_two"
    assert '"mid"' in found.message


def test_too_many_invalid_labels_are_refused() -> None:
    found = refusal(HEADER + "a,1,1\na,0,1\na,2,1\na,2,0\n")
    assert (found.code, found.column) == ("values.invalid", "label")


def test_a_score_mapped_as_a_prediction_is_refused() -> None:
    rows = "".join(f"a,1,0.{at}\n" for at in range(1000, 1400))
    found = refusal(HEADER + rows)
    assert (found.code, found.column) == ("values.too_many", "prediction")


def test_a_file_without_one_usable_row_is_refused() -> None:
    assert refusal(HEADER + "a,1,\na,0,\n").code == "rows.none_usable"


def test_predictions_can_come_from_the_score() -> None:
    mapping = binary(prediction=None, score="s", threshold=0.3)
    report, found = read(
        "group,label,s\n"
        + "a,1,0.3\na,0,0.29\na,0,\na,0,nan\na,1,1e400\na,1,1_0\na,1,١٢\na,1,0x1\na,1,0.9\n",
        mapping,
    )
    assert counts(found) == {("a", 1, 1): 2, ("a", 0, 0): 1}
    assert report.dropped == {"score infinite": 1, "score missing": 2, "score not a plain number": 3}


def test_a_score_outside_0_to_1_is_counted_and_a_column_of_them_refused() -> None:
    mapping = binary(score="s")
    head = "group,label,prediction,s\n"
    report, _ = read(head + "a,1,1,0.5\n" * 9 + "a,1,1,-0.1\n", mapping)
    assert report.scores == {"outside 0 to 1": 1, "valid": 9}
    assert refusal(head + "a,1,1,-3.5\na,0,0,2.5\n", mapping).code == "values.no_probability"


def test_declared_missing_values_are_missing_everywhere() -> None:
    mapping = binary(missing=["-9"], score="s")
    report, found = read("group,label,prediction,s\n-9,1,1,0.5\nb,-9,0,-9\n", mapping)
    assert counts(found) == {(MISSING_GROUP, 1, 1): 1, ("b", -1, 0): 1}
    assert report.missing_groups == {"group": 1}
    assert report.scores == {"missing": 1, "valid": 1}


def test_the_favourable_outcome_can_be_the_other_class() -> None:
    _, found = read(HEADER + "a,1,0\n", binary(favourable="0"))
    assert found.favourable == 0
    assert refusal(HEADER + "a,1,0\n", binary(favourable="maybe")).code == "values.favourable_unseen"


def test_one_column_may_have_two_roles() -> None:
    _, found = read("group,y\na,1\nb,0\n", binary(label="y", prediction="y"))
    assert counts(found) == {("a", 1, 1): 1, ("b", 0, 0): 1}


def test_a_task_without_labels_is_possible() -> None:
    report, found = read(HEADER + "a,1,0\nb,0,1\n", binary(label=None))
    assert counts(found) == {("a", -1, 0): 1, ("b", -1, 1): 1}
    assert report.unlabelled == 2


def test_classes_of_a_multi_class_task_keep_their_names() -> None:
    mapping = binary(task="multiclass", positive=None)
    report, found = read(HEADER + "a,fail, fail\nb,none,pass\nb,,pass\nb,1.0,1\n", mapping)
    assert found.classes == ("1", "fail", "none", "pass")
    assert counts(found) == {
        ("a", "fail", "fail"): 1,
        ("b", "none", "pass"): 1,
        ("b", None, "pass"): 1,
        ("b", "1", "1"): 1,
    }
    assert any('"none" is read as a class' in note for note in report.notes)
    assert report.readings["label"] == {"": "missing", " fail": "fail", "1.0": "1"}
