# SPDX-License-Identifier: Apache-2.0
"""Is a text a trace in Google's "Trace Event Format", as Perfetto reads it? What is checked is what
that description and Perfetto's "Chrome JSON format" demand: fields by phase, known phases, B and E in
pairs, slices of one track that nest, both ends of a flow, each end in a slice."""

import collections
import json

needs = {"X": {"dur"}, "B": set(), "E": set(), "i": {"s"}, "M": {"args"}, "s": {"id", "cat"}, "f": {"id", "cat"}}
metadata = {"process_name": "name", "thread_name": "name", "process_sort_index": "sort_index",
            "thread_sort_index": "sort_index"}
grain_us = 1e-3  # 1 ns: times are decimals of doubles


class Trace:
    def __init__(self, text):
        self.whole = json.loads(text)
        self.events = self.whole["traceEvents"]
        self.faults = []
        self.tracks = collections.defaultdict(list)  # slices: (begin, end, name)
        self._check_events()
        self._check_nesting()
        self._check_flows()

    def _check_events(self):
        stacks = collections.defaultdict(list)
        for event in self.events:
            track = event.get("pid"), event.get("tid")
            missing = ({"ph", "pid", "tid", "ts", "name"} | needs.get(event.get("ph"), set())) - set(event)
            if missing or event["ph"] not in needs:
                self.faults.append(f"phase or {missing}: {event}")
                continue
            if not all(isinstance(event[key], int) for key in ("pid", "tid")) or event["ts"] < 0:
                self.faults.append(f"numbers: {event}")
            if event["ph"] == "M" and metadata.get(event["name"]) not in event["args"]:
                self.faults.append(f"metadata: {event}")
            if event["ph"] == "i" and event["s"] not in "gpt":
                self.faults.append(f"scope: {event}")
            if event["ph"] == "X":
                if event["dur"] < 0:
                    self.faults.append(f"duration: {event}")
                self.tracks[track].append((event["ts"], event["ts"] + event["dur"], event["name"]))
            if event["ph"] == "B":
                stacks[track].append(event)
            if event["ph"] == "E":
                if not stacks[track]:
                    self.faults.append(f"an end without a beginning: {event}")
                    continue
                begin = stacks[track].pop()
                self.tracks[track].append((begin["ts"], event["ts"], begin["name"]))
        self.faults += [f"never ends: {event}" for stack in stacks.values() for event in stack]

    def _check_nesting(self):
        for track, slices in self.tracks.items():
            slices.sort(key=lambda s: (s[0], -s[1]))
            around = []
            for begin, end, name in slices:
                while around and around[-1] <= begin + grain_us:
                    around.pop()
                if around and end > around[-1] + grain_us:
                    self.faults.append(f"overlaps on {track}: {name} {begin} {end}, around it until {around[-1]}")
                around.append(end)

    def _check_flows(self):
        ends = collections.defaultdict(dict)
        for event in self.events:
            if event["ph"] in "sf":
                ends[event["cat"], event["id"]].setdefault(event["ph"], []).append(event)
        for key, pair in ends.items():
            if {phase: len(found) for phase, found in pair.items()} != {"s": 1, "f": 1}:
                self.faults.append(f"flow {key}: {pair}")
                continue
            (begin,), (end,) = pair["s"], pair["f"]
            if begin["ts"] > end["ts"]:
                self.faults.append(f"flow {key} goes back in time: {pair}")
            for event in begin, end:
                if not any(b - grain_us <= event["ts"] <= e + grain_us
                           for b, e, _ in self.tracks[event["pid"], event["tid"]]):
                    self.faults.append(f"flow {key} is not in a slice: {event}")

    def names(self):
        """Names of the tracks."""
        return {event["args"]["name"]: (event["pid"], event["tid"])
                for event in self.events if event["ph"] == "M" and event["name"] == "thread_name"}

    def on(self, name, phase="X"):
        """The events of a phase on the track of that name, in the file's order."""
        track = self.names()[name]
        return [e for e in self.events if e["ph"] == phase and (e["pid"], e["tid"]) == track]
