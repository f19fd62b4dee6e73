"""The main job: from registered facts to a decision, told step by step."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from governance.demo import data, files, models, story
from governance.demo.calls import Caller, CallFailed

ENVIRONMENT: Final = "production"
Votes = tuple[tuple[str, str, str], ...]
# Three signatures under pressure; they do not open a gate whose evidence says no.
HASTY: Final[Votes] = (
    ("vera", "validator", "The gap by sex is known to the team. I sign for the accuracy."),
    ("cora", "compliance_officer", "Signed for the launch date, with the report attached."),
    ("adam", "approver", "The launch date stands."),
)
SOUND: Final[Votes] = (
    (
        "vera",
        "validator",
        "I re-read the plan and the run: every bar was set before, every interval clears it.",
    ),
    ("cora", "compliance_officer", "The obligations of the tier are documented; the proxy is gone."),
    ("adam", "approver", "Fits the intended use. Go."),
)
USE_CASE: Final[Votes] = (
    ("cora", "compliance_officer", "Annex III 5(b), no prohibited practice, a human decides. Acceptable."),
)
INDEPENDENT: Final[Votes] = (
    ("vera", "validator", "I chose the data and the bars myself and had no part in the model."),
)
CHECKS_SHAPES: Final = {"passed": "●", "failed": "■", "insufficient": "▲", "errored": "✕"}


@dataclass
class Result:
    """What the job leaves behind, for the last lines and for tests."""

    versions: dict[str, str] = field(default_factory=dict)  # version name → identifier
    decisions: dict[str, dict[str, Any]] = field(default_factory=dict)
    report: Path | None = None


@dataclass
class Job:
    """One run of the main job by the people of Northbank."""

    people: Mapping[str, Caller]
    folder: Path
    say: Callable[[str], None]
    result: Result = field(default_factory=Result)

    def run(self) -> Result:
        """All of it, in order."""
        made = self._generate()
        system = self._register_system()
        snapshots = self._register_data(system, made)
        self._review_proxies(system)
        self._classify(system)
        self._found(system)
        for recipe in models.RECIPES:
            self._version(system, recipe, made, snapshots)
        return self.result

    def _generate(self) -> files.Made:
        self.say(
            f"Generate {data.TRAIN_ROWS:,} training and {data.TEST_ROWS:,} test applications (seed {data.SEED})"
        )
        made = files.make(self.folder, score=False)
        self.say("Train two versions of the score with XGBoost")
        return made

    def _register_system(self) -> str:
        dana = self.people["dana"]
        system = str(dana.post("/systems", story.SYSTEM)["id"])
        self.say("Dana registers the system “Consumer credit scoring”, high risk")
        for author, kind, title, content in story.SYSTEM_DOCUMENTS:
            body = {"kind": kind, "title": title, "content": content}
            self.people[author].post(f"/systems/{system}/documents", body)
        self.say(
            f"Dana, Stefan and Cora write {len(story.SYSTEM_DOCUMENTS)} documents, the problem definition first"
        )
        return system

    def _register_data(self, system: str, made: files.Made) -> dict[str, str]:
        stefan = self.people["stefan"]
        snapshots = {}
        for name, path, columns in (
            ("training", made.train, made.train_columns),
            ("test", made.test, made.test_columns),
        ):
            dataset = stefan.post(f"/systems/{system}/datasets", {"name": f"applications-{name}"})["id"]
            body = {
                "version": "2024.4",
                "artifact_digest": stefan.upload(path),
                "format": "parquet",
                "columns": columns,
                "contract": {"task": "binary", "positive": "1", "favourable": "1"},
            }
            snapshots[name] = str(stefan.post(f"/datasets/{dataset}/versions", body)["id"])
            stefan.post(f"/datasets/{dataset}/schema-lock", {})
        self.say("Stefan registers the training and the test snapshot by digest, and locks their columns")
        for name, snapshot in snapshots.items():
            run = stefan.post(f"/dataset-versions/{snapshot}/quality-runs", {})
            ended = stefan.wait(f"/quality-runs/{run['id']}", {"queued", "running"}, lambda row: None)
            self.say(f"    the quality of the {name} data: {CHECKS_SHAPES[ended['state']]} {ended['state']}")
        return snapshots

    def _classify(self, system: str) -> None:
        """G1: the questionnaire, and the word of somebody who neither owns the system nor asked."""
        dana = self.people["dana"]
        sections = dana.get(f"/systems/{system}/classification")["sections"]
        asked = [question["id"] for section in sections for question in section["questions"]]
        answers = {one: {"answer": "yes" if one in story.APPLIES else "no"} for one in asked}
        answers = {one: {**answer, "reason": story.APPLIES.get(one, "")} for one, answer in answers.items()}
        found = dana.post(f"/systems/{system}/classification", {"answers": answers})
        self.say(f"Dana answers {len(asked)} questions of the risk questionnaire: {found['tier']} risk")
        request = dana.post(f"/systems/{system}/approval-requests", {"to": "data_sourcing"})
        self._vote(request, USE_CASE)
        self.say("Dana asks for approval of the use case; Cora (compliance officer) approves it")

    def _review_proxies(self, system: str) -> None:
        body = {"kind": "proxy_review", "title": "Which features stand in for a group"}
        self.people["cora"].post(f"/systems/{system}/documents", {**body, "content": story.PROXY_REVIEW})
        self.say("Cora decides which features stand in for sex or age: the household code is to be dropped")

    def _found(self, system: str) -> None:
        for stage in ("data_sourcing", "feature_engineering", "development"):
            self.people["dana"].post(f"/systems/{system}/transitions", {"to": stage})
        self.say("The system passes the gates for problem, data and features (G1, G2, G3)")

    def _version(
        self, system: str, recipe: models.Recipe, made: files.Made, snapshots: dict[str, str]
    ) -> None:
        self.say("")
        version = self._register_version(system, recipe, made.models[recipe.version], snapshots)
        self.result.versions[recipe.version] = version
        run = self._audit(version, recipe, snapshots["test"])
        if run["state"] == "passed":
            self._approve(version, INDEPENDENT, "compliance")
            self._move(version, "compliance")
        else:
            self._try_to_move(version, "compliance")
        self._approve(version, SOUND if run["state"] == "passed" else HASTY)
        self._report(version, recipe)
        self._ask(recipe, made.models[recipe.version])
        if run["state"] == "passed":
            self._move(version, "production")

    def _register_version(
        self, system: str, recipe: models.Recipe, path: Path, snapshots: dict[str, str]
    ) -> str:
        dana = self.people["dana"]
        lines = {row["name"]: row["id"] for row in dana.get(f"/systems/{system}/models")["results"]}
        line = lines.get("scorecard") or dana.post(f"/systems/{system}/models", {"name": "scorecard"})["id"]
        body = {
            "version": recipe.version,
            "artifact_digest": dana.upload(path),
            "format": "xgboost_json",
            "training": {
                "code_commit": hashlib.sha1(
                    Path(models.__file__).read_bytes(), usedforsecurity=False
                ).hexdigest(),
                "environment_digest": f"sha256:{hashlib.sha256(files.lock().read_bytes()).hexdigest()}",
                "parameters": {**models.PARAMETERS, "rounds": models.ROUNDS},
                "features": list(recipe.features),
            },
            "dataset_versions": [snapshots["training"]],
            "parents": list(self.result.versions.values())[-1:],
        }
        version = str(dana.post(f"/models/{line}/versions", body)["id"])
        card = {
            "kind": "model_card",
            "title": f"Model card of the scorecard {recipe.version}",
            "content": story.model_card(recipe.version, recipe.note),
            "model_version": version,
        }
        dana.post(f"/systems/{system}/documents", card)
        dana.post(f"/model-versions/{version}/transitions", {"to": "validation"})
        self.say(f"Dana registers scorecard {recipe.version}: {recipe.note}")
        return version

    def _audit(self, version: str, recipe: models.Recipe, snapshot: str) -> dict[str, Any]:
        vera = self.people["vera"]
        body = {"dataset_version": snapshot}
        run = vera.post(f"/model-versions/{version}/runs", body)
        self.say("Vera seals the plan and starts the audit: performance, bias with intervals, explanation")
        seen = {-1}

        def progress(row: dict[str, Any]) -> None:
            if row["progress"] not in seen:
                seen.add(row["progress"])
                self.say(f"    {row['progress']:3d} %  {row['step']}")

        ended = vera.wait(f"/runs/{run['id']}", {"queued", "running"}, progress)
        for check in ended["checks"]:
            self.say(f"    {CHECKS_SHAPES[check['verdict']]} {check['sentence']}")
        if ended["state"] == "errored":
            self.say(f"    ✕ {ended['error']}")
        return ended

    def _approve(self, version: str, votes: Votes, to: str = ENVIRONMENT) -> None:
        request = self.people["dana"].post(f"/model-versions/{version}/approval-requests", {"to": to})
        self._vote(request, votes)
        names = [f"{name.title()} ({role.replace('_', ' ')})" for name, role, _ in votes]
        plural = "approve" if len(votes) > 1 else "approves"
        self.say(f"Dana asks for approval to {to}; {', '.join(names)} {plural} exactly these bytes")

    def _vote(self, request: dict[str, Any], votes: Votes) -> None:
        for name, role, comment in votes:
            body = {
                "verdict": "approve",
                "comment": comment,
                "role": role,
                "subject_digest": request["subject_digest"],
            }
            self.people[name].post(f"/approval-requests/{request['id']}/votes", body)

    def _report(self, version: str, recipe: models.Recipe) -> None:
        vera = self.people["vera"]
        report = vera.post(f"/model-versions/{version}/reports", {"kind": "validation_report"})
        ended = vera.wait(f"/reports/{report['id']}", {"queued", "running"}, lambda row: None)
        if ended["state"] != "ready":
            raise CallFailed(500, {"detail": f"The report was not written: {ended.get('error')}"})
        path = self.folder / f"validation-report-{recipe.version}.pdf"
        path.write_bytes(vera.download(f"/reports/{report['id']}/pdf"))
        self.result.report = path
        self.say(f"The validation report is written: {path}")

    def _ask(self, recipe: models.Recipe, artifact: Path) -> None:
        digest = f"sha256:{hashlib.sha256(artifact.read_bytes()).hexdigest()}"
        body = {"artifact_digest": digest, "environment": ENVIRONMENT}
        decision = self.people["pipeline"].post("/gate/decisions", body)
        self.result.decisions[recipe.version] = decision
        allowed = decision["verdict"] == "allow"
        self.say(f"The pipeline asks the gate: {'● ALLOWED' if allowed else '■ BLOCKED'} for {ENVIRONMENT}")
        for finding in decision["findings"]:
            if finding["state"] not in ("met", "waived"):
                self.say(f"    ■ {finding['requirement']}: {finding['sentence']}")
        if allowed:
            self.say(
                f"    all {len(decision['findings'])} requirements are met; valid until {decision['expires_at']}"
            )

    def _move(self, version: str, to: str) -> None:
        self.people["dana"].post(f"/model-versions/{version}/transitions", {"to": to})
        self.say(f"The version moves to {to}")

    def _try_to_move(self, version: str, to: str) -> None:
        try:
            self._move(version, to)
        except CallFailed as refusal:
            self.say(f"Dana tries to move it to {to} all the same: {refusal.problem['detail']}")
