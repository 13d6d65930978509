#!/usr/bin/env python3
"""Scores the release build on the test data that are not part of the repository, beside the figures of the last run.

Prints one table: for each set its figures, and for each picture, shot or requirement what is wrong with it. A line that
has changed since the last run is marked: `+` better, `-` worse, `*` different.

The data are looked for in BILLIARDS_TEST_DATA, or else in ../shared. Exit codes: 0 all sets were scored, 1 a judge
failed, 2 the command line, the program or the data are not usable.
"""

import argparse
import collections
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")

# Folders of annotated pictures.
PICTURES = ["images", "projector", "frames_oblique", "tables_overhead", "tables_side"]
# Pictures without annotations: whether the table is found.
FRAMES = ["home_frames"]
SETS = PICTURES + FRAMES + ["shots", "rig"]

# Figures of which more is better, and of which less is. Of the others neither is, as the number of pictures.
MORE_IS_BETTER = {
    "recall", "precision", "class_accuracy", "number_accuracy", "cues_within_1_deg", "tables_within_1_percent",
    "tables_found", "steady_right", "chaotic_right", "breaks_right", "requirements_met",
}
LESS_IS_BETTER = {
    "rms_mm", "rms_px", "false_cues", "cue_angle_median_deg", "cue_tip_median_px", "corner_median_percent",
    "worst_final_mm", "missing",
}
# Durations are shown, but no run repeats them: they are never marked.
TIMES = {"elapsed_ms_median", "median_us", "full_table_median_us", "worst_break_us"}

SUMMARY_OF_SHOTS = re.compile(
    r"(?:holds|falls short): steady (?P<steady_right>\d+)/(?P<steady>\d+) "
    r"\(worst final (?P<worst_final_mm>[\d.]+) mm\), chaotic sequences (?P<chaotic_right>\d+)/(?P<chaotic>\d+), "
    r"breaks (?P<breaks_right>\d+)/(?P<breaks>\d+), missing (?P<missing>\d+); "
    r"median (?P<median_us>[\d.]+) us, full table median (?P<full_table_median_us>[\d.]+) us, "
    r"worst break (?P<worst_break_us>[\d.]+) us"
)


class Unusable(Exception):
    """The command line, the program or the data cannot be used."""


class JudgeFailed(Exception):
    """A judge, or the program that it judges, gave no result."""


class Missing(Exception):
    """A file or folder of the test data is not there."""


class Data:
    """The folder of the test data."""

    def __init__(self):
        named = os.environ.get("BILLIARDS_TEST_DATA")
        self.is_named = bool(named)
        self.folder = Path(named) if named else ROOT.parent / "shared"
        if not self.folder.is_dir():
            raise Unusable(f"no test data: {self.folder} is no folder; BILLIARDS_TEST_DATA names another one")

    def path(self, name):
        """Returns the path of a file or folder of the data that is there."""
        path = self.folder / name
        if not path.exists():
            raise Missing(path)
        return str(path)


def output_of(command):
    """Returns the lines that a command prints, and its exit code. What it says on standard error is shown as it is."""
    environment = {"RUST_LOG": "error", **os.environ}
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=False)
    return ran.stdout.splitlines(), ran.returncode


def result(figures, items, unlisted=None):
    """Returns the result of a set: its figures, and for each item what is wrong with it and the number of faults. An
    item that is not listed is as `unlisted`; with `None`, it is not in the set."""
    finite = {name: value if math.isfinite(value) else None for name, value in figures.items()}
    listed = {name: {"text": text, "faults": faults} for name, text, faults in items}
    return {"figures": finite, "items": listed, "unlisted": unlisted}


def count_faults(note):
    """Returns the number of faults that a note lists: `A; B; and 3 more` are five."""
    rest = re.search(r"and (\d+) more$", note)
    return len(note.split("; ")) + (int(rest[1]) - 1 if rest else 0)


def read_judged_pictures(lines, names):
    """Reads the answer of the judge of detections: `NAME: faults` for pictures with faults, and the figures as JSON."""
    try:
        figures = json.loads(lines[-1])
    except (IndexError, json.JSONDecodeError):
        raise JudgeFailed("the judge printed no figures") from None
    notes = dict(line.split(": ", 1) for line in lines[:-1] if ": " in line)
    return result(figures, [(name, notes.get(name, "ok"), count_faults(notes[name]) if name in notes else 0)
                            for name in names])


def score_pictures(data, program, name):
    folder, judge = data.path(f"vision/dev/{name}"), data.path("score/score_detect.py")
    documents = [json.loads(path.read_text()) for path in sorted(Path(folder).glob("*.json"))]
    names = [document["image"] for document in documents if "image" in document]
    lines, code = output_of([sys.executable, judge, folder, "--json", "--", program, "detect", "--json"])
    if code:
        raise JudgeFailed(f"the judge ended with {code}")
    return read_judged_pictures(lines, names)


def read_detections(lines, names):
    """Reads the program's answers about pictures without annotations: is the table found, or why not?"""
    answers = {Path(answer["image"]).name: answer for answer in map(json.loads, lines)}

    def item(name):
        answer = answers.get(name)
        if answer is None:
            return name, "no answer", 1
        if answer["table"] is None:
            return name, f"no table: {answer['no_table']}", 1
        return name, f"table found, {len(answer['balls'])} balls", 0

    items = [item(name) for name in names]
    found = sum(faults == 0 for _, _, faults in items)
    return result({"images": len(names), "tables_found": found}, items)


def score_frames(data, program, name):
    pictures = sorted(path for path in Path(data.path(f"vision/dev/{name}")).iterdir() if path.suffix != ".json")
    # A picture that cannot be used has no answer; its exit code adds nothing.
    lines, _ = output_of([program, "detect", "--json", *map(str, pictures)])
    return read_detections(lines, [path.name for path in pictures])


def read_judged_shots(lines):
    """Reads the answer of the judge of predictions: `SHOT: difference` for shots that differ, and a summary."""
    summary = SUMMARY_OF_SHOTS.fullmatch(lines[-1]) if lines else None
    if not summary:
        raise JudgeFailed(lines[-1] if lines else "the judge printed nothing")
    figures = {name: float(value) for name, value in summary.groupdict().items()}
    items = [(*line.split(": ", 1), 1) for line in lines[:-1] if ": " in line]
    return result(figures, items, unlisted={"text": "ok", "faults": 0})


def score_shots(data, program, _):
    shots, judge = data.path("physics/shots_dev.json"), data.path("score/score_predict.py")
    # The judge's exit code says whether all of its own bars hold, which the figures say as well.
    lines, _ = output_of([sys.executable, judge, shots, "--", program, "predict", "--shots"])
    return read_judged_shots(lines)


def read_report(lines):
    """Reads the report of a simulated rig: requirements that are met, or not."""
    try:
        requirements = json.loads("\n".join(lines))["requirements"]
    except (json.JSONDecodeError, KeyError):
        raise JudgeFailed("rig report printed no requirements") from None
    items = [(each["text"], ("" if each["holds"] else "MISSED ") + each["measured"], int(not each["holds"]))
             for each in requirements]
    met = sum(each["holds"] for each in requirements)
    return result({"requirements": len(requirements), "requirements_met": met}, items)


def score_rig(_, program, __):
    # The exit code says whether all requirements are met, which the items say as well.
    lines, _ = output_of([program, "rig", "report", "--only", "loops", "--pick", "1", "--json"])
    return read_report(lines)


SCORERS = {
    **dict.fromkeys(PICTURES, score_pictures),
    **dict.fromkeys(FRAMES, score_frames),
    "shots": score_shots,
    "rig": score_rig,
}


def shown(value):
    """Returns a figure as it is printed; two that are printed alike are equal."""
    return "–" if value is None else f"{value:.4g}"


def mark_figure(name, now, before):
    """Returns the mark of a figure beside the earlier one."""
    if name in TIMES or shown(now) == shown(before):
        return " "
    if now is None or before is None or name not in MORE_IS_BETTER | LESS_IS_BETTER:
        return "*"
    return "+" if (now > before) == (name in MORE_IS_BETTER) else "-"


def mark_item(now, before):
    """Returns the mark of a picture, a shot or a requirement beside the earlier one."""
    if now["text"] == before["text"]:
        return " "
    if now["faults"] == before["faults"]:
        return "*"
    return "+" if now["faults"] < before["faults"] else "-"


# One line of the table; `before` is empty if the earlier run does not have it.
Row = collections.namedtuple("Row", "mark name now before is_figure")

NOT_SCORED = {"figures": {}, "items": {}, "unlisted": None}


def compare(now, before):
    """Returns the rows of a set beside an earlier result of it; nothing is marked that the earlier one does not have."""
    rows = []
    for name, value in now["figures"].items():
        if name in before["figures"]:
            was = before["figures"][name]
            rows.append(Row(mark_figure(name, value, was), name, shown(value), shown(was), True))
        else:
            rows.append(Row(" ", name, shown(value), "", True))
    for name in {**now["items"], **before["items"]}:
        item = now["items"].get(name, now["unlisted"])
        was = before["items"].get(name, before["unlisted"])
        if item and was:
            rows.append(Row(mark_item(item, was), name, item["text"], was["text"], False))
        elif item:
            rows.append(Row(" ", name, item["text"], "", False))
    return rows


def table(compared, before):
    """Returns the lines of the table."""
    lines = [f"{'':36} {'now':>10} {'before':>10}"]
    for name, rows in compared.items():
        lines.append(name if name in before or not before else f"{name} (not in the earlier run)")
        for row in rows:
            if row.is_figure:
                lines.append(f"{row.mark}   {row.name:32} {row.now:>10} {row.before:>10}".rstrip())
            else:
                lines.append(f"{row.mark}   {row.name}: {row.now}")
                if row.mark != " ":
                    lines.append(f"      before: {row.before}")
    marks = collections.Counter(row.mark for rows in compared.values() for row in rows)
    lines.append(f"{marks['+']} better (+), {marks['-']} worse (-), {marks['*']} different (*)" if before
                 else "no earlier run to compare with")
    return lines


def load_figures(path):
    """Reads the figures of an earlier run."""
    try:
        sets = json.loads(path.read_text())["sets"]
        # Read once here, so that a file of something else is refused before the judges run.
        for each in sets.values():
            compare(each, each)
        return sets
    except OSError as error:
        raise Unusable(f"cannot read the figures of the earlier run: {error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unusable(f"not the figures of an earlier run: {path}") from None


def keep_figures(path, sets):
    """Writes the figures for the next run; a crash leaves the earlier file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps({"sets": sets}, indent=1) + "\n")
    partial.replace(path)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(BUILD / "release" / "billiards-trainer"), metavar="FILE",
                        help="program to score [default: that of the release build]")
    parser.add_argument("--only", metavar="SET", nargs="+", choices=SETS, default=SETS,
                        help=f"score only these sets: {', '.join(SETS)}")
    parser.add_argument("--before", type=Path, metavar="FILE",
                        help="figures of the earlier run [default: those that --keep names, if there are any]")
    parser.add_argument("--keep", type=Path, default=BUILD / "score.json", metavar="FILE",
                        help="write the figures to this file [default: score.json in the build folder]")
    parser.add_argument("--json", action="store_true", help="print the figures of both runs and the marks as JSON")
    return parser.parse_args()


def score_all(args, data):
    """Returns the results of the sets, and whether every judge gave one."""
    results, is_whole = {}, True
    for name in args.only:
        print(f"score: {name}", file=sys.stderr, flush=True)
        try:
            results[name] = SCORERS[name](data, args.program, name)
        except Missing as missing:
            if data.is_named:
                raise Unusable(f"{missing} is missing, and BILLIARDS_TEST_DATA says that it is there") from None
            print(f"score: {name}: skipped: {missing} is not there", file=sys.stderr)
        except (JudgeFailed, OSError, ValueError, KeyError) as error:
            print(f"score: {name}: failed: {error}", file=sys.stderr)
            is_whole = False
    return results, is_whole


def main():
    args = arguments()
    if shutil.which(args.program) is None:
        raise Unusable(f"no program to score: {args.program}; `make score` builds it, --program names another one")
    data = Data()
    kept = load_figures(args.keep) if args.keep.exists() else {}
    before = load_figures(args.before) if args.before else kept
    results, is_whole = score_all(args, data)
    # Sets that were not scored this time keep their earlier figures.
    keep_figures(args.keep, {**kept, **results})
    compared = {name: compare(now, before.get(name, NOT_SCORED)) for name, now in results.items()}
    if args.json:
        changes = [{"set": name, "mark": row.mark, "name": row.name, "now": row.now, "before": row.before}
                   for name, rows in compared.items() for row in rows if row.mark != " "]
        print(json.dumps({"now": results, "before": before, "changes": changes}, indent=1))
    else:
        print("\n".join(table(compared, before)))
    return 0 if is_whole else 1


if __name__ == "__main__":
    # A reader that goes, such as `head`, ends the script.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        sys.exit(main())
    except Unusable as error:
        print(f"score: error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
