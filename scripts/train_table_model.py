#!/usr/bin/env python3
"""Train the weights by which the finder judges a table (WEIGHTS and BIAS in crates/vision/src/table/model.rs).

usage: train_table_model.py HYPOTHESES.jsonl [...]

Needs no packages. On two cores, from nothing, in less than an hour:

    cargo run --release -p billiards-simulation --example pictures -- build/pictures 1 200 120 1400
    cargo run --release -p billiards-vision --example table_hypotheses -- build/pictures/*.png > build/hypotheses.jsonl
    python3 scripts/train_table_model.py build/hypotheses.jsonl

For each picture the hypotheses and "no table" (score 0) compete: the weights maximise the probability, by a softmax over
the scores, of those whose corners are right. The accuracy is that of pictures that were left out.
"""
import json
import math
import random
import sys

# A hypothesis is right if its farthest corner is off by less than this share of the table's length, and wrong beyond the
# second; between them it counts as neither.
RIGHT, WRONG = 0.012, 0.02
# Hypotheses of a picture that are used at most.
MOST = 160
FOLDS = 4
STEPS = 500
BATCH = 24
DECAY = 0.02
RATE = 0.045


def pictures(paths):
    """Return (name, [(features, is_right)]) of each picture that teaches something; the last entry is "no table"."""
    out = []
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                picture = json.loads(line)
                if picture["is_bent"] or not picture["is_whole"]:
                    continue
                found = picture["hypotheses"]
                if len(found) > MOST:
                    found = random.sample(found, MOST)
                if not found:
                    continue
                if picture["has_table"]:
                    entries = [(h["features"], h["error"] < RIGHT) for h in found if not RIGHT <= h["error"] < WRONG]
                    if not any(right for _, right in entries):
                        continue
                    entries.append((None, False))
                else:
                    entries = [(h["features"], False) for h in found] + [(None, True)]
                out.append((picture["picture"], entries))
    return out


def standardised(data):
    """Return the data with features of mean 0 and deviation 1 and a constant 1 appended, the means and deviations."""
    rows = [features for _, entries in data for features, _ in entries if features is not None]
    size = len(rows[0])
    means = [sum(row[i] for row in rows) / len(rows) for i in range(size)]
    deviations = [max(1e-3, math.sqrt(sum((row[i] - means[i]) ** 2 for row in rows) / len(rows))) for i in range(size)]

    def scaled(features):
        if features is None:
            return [0.0] * (size + 1)
        return [(v - mean) / deviation for v, mean, deviation in zip(features, means, deviations)] + [1.0]

    return [(name, [(scaled(f), right) for f, right in entries]) for name, entries in data], means, deviations


def score(weights, features):
    return sum(w * f for w, f in zip(weights, features))


def trained(data):
    """Return the weights, by Adam on batches of pictures."""
    size = len(data[0][1][0][0])
    weights, first, second = [0.0] * size, [0.0] * size, [0.0] * size
    for step in range(1, STEPS + 1):
        batch = random.sample(data, min(BATCH, len(data)))
        gradient = [DECAY * w for w in weights]
        for _, entries in batch:
            scores = [score(weights, features) for features, _ in entries]
            top = max(scores)
            shares = [math.exp(s - top) for s in scores]
            whole = sum(shares)
            good = max(sum(share for share, (_, right) in zip(shares, entries) if right), 1e-12 * whole)
            for share, (features, right) in zip(shares, entries):
                push = share / whole - (share / good if right else 0.0)
                if abs(push) > 1e-6:
                    for i in range(size):
                        gradient[i] += push * features[i] / len(batch)
        rate = RATE * (1.0 - 0.9 * step / STEPS)
        for i in range(size):
            first[i] = 0.9 * first[i] + 0.1 * gradient[i]
            second[i] = 0.99 * second[i] + 0.01 * gradient[i] ** 2
            corrected = first[i] / (1 - 0.9**step), second[i] / (1 - 0.99**step)
            weights[i] -= rate * corrected[0] / (math.sqrt(corrected[1]) + 1e-8)
    return weights


def misjudged(weights, data):
    """Return the names of the pictures in which the best hypothesis is wrong, or there is none although there is one."""
    best = lambda entries: max(entries, key=lambda entry: score(weights, entry[0]))
    return [name for name, entries in data if not best(entries)[1]]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    random.seed(1)
    data = pictures(sys.argv[1:])
    if len(data) < 2 * FOLDS:
        sys.exit(f"{len(data)} usable pictures: at least {2 * FOLDS} are needed")
    data, means, deviations = standardised(data)
    random.shuffle(data)
    wrong = []
    for fold in range(FOLDS):
        rest = [picture for i, picture in enumerate(data) if i % FOLDS != fold]
        left_out = [picture for i, picture in enumerate(data) if i % FOLDS == fold]
        wrong += misjudged(trained(rest), left_out)
    print(f"left out in turn: {len(data) - len(wrong)} of {len(data)} pictures judged right")
    for name in wrong:
        print("   ", name)
    weights = trained(data)
    raw = [w / deviation for w, deviation in zip(weights, deviations)]
    bias = weights[-1] - sum(w * mean for w, mean in zip(raw, means))
    print("WEIGHTS:", ", ".join(f"{w:.2f}" for w in raw))
    print(f"BIAS: {bias:.2f}")


if __name__ == "__main__":
    main()
