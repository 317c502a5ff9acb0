"""A world of numbers: a speaker who counts, an echo recogniser, and a shell without clocks.

One sample is one millisecond. The "words" are numbers with a place on the timeline, so loss and
doubling are read off the transcript. A word that is cut at the edge of what a link heard comes out
as ``~n``, which no transcript may contain.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise

from skdictate.audio.pcm import Format, Level
from skdictate.core import changes as ch
from skdictate.core import effects as fx
from skdictate.core import events as ev
from skdictate.core.backoff import Backoff
from skdictate.core.changes import Reason
from skdictate.core.dictation import Dictation
from skdictate.core.limits import Limits
from skdictate.core.policy import Policy
from skdictate.errors import Kind, Problem
from tests.core.slips import NONE, Slip, Slips

RATE = 1000
BLOCK = 100
LENGTH = 250
PAUSE = 300
LONGEST = 15_000
SPEECH = Level(-25.0, -15.0)
QUIET = Level(-70.0, -60.0)
GONE = Problem(Kind.NETWORK, "gone")
REFUSED = Problem(Kind.CREDENTIALS, "bad key", is_permanent=True)


@dataclass(frozen=True)
class Spoken:
    number: int
    start: int
    end: int


@dataclass
class Manners:
    """How this world's recogniser and network behave."""

    has_words: bool = True
    refines: bool = True
    partials: bool = True
    cursors: bool = True
    longest_delay_s: float = 0.5
    hangover: int = 100
    """Silence after the last word that a final claims as settled."""
    is_timed: bool = True
    """It says where its finals are; else that is guessed from what had been sent."""
    slip: Slip = NONE
    """What is wrong with its times, or with it."""


@dataclass
class EchoLink:
    world: World
    session_number: int
    first: int = -1
    until: int = -1
    final_until: int = -1
    n_finals: int = 0
    inserted: list[tuple[int, int]] = field(default_factory=list)
    is_finished: bool = False
    is_open: bool = False
    is_dead: bool = False
    """Whatever it says gets lost, and nobody is told."""
    is_blind: bool = False
    """It was to be sent what cannot be read."""
    opens_at_s: float = 0.0
    last_fed_s: float = float("inf")
    outbox: deque[tuple[float, object]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.slips = Slips(self.world.manners.slip, self.world.rng)

    def feed(self, start: int, end: int) -> None:
        assert not self.is_finished, "audio after the half-close"
        if self.first < 0:
            self.first = self.until = self.final_until = start
        assert start == self.until, "audio out of order"
        self.last_fed_s = self.world.now_s
        assert end <= self.world.dictated, "audio that was never captured"
        self.until = end
        audio_s = self.ms(end) / RATE
        limits = self.world.limits
        assert audio_s <= limits.session_s, "session limit broken"
        assert (end - self.first) * 2 <= limits.session_bytes, "size limit broken"
        self.listen()

    def feed_silence(self, n_samples: int) -> None:
        """Silence that is not in the recording: every time of the session moves on."""
        assert not self.is_finished, "silence after the half-close"
        assert self.first >= 0, "silence before any audio"
        self.inserted.append((self.until, n_samples))
        self.last_fed_s = self.world.now_s
        limits = self.world.limits
        audio_s = self.ms(self.until, is_end=False) / 1000
        assert audio_s <= limits.session_s, "session limit broken"
        self.listen()

    def ms(self, position: int, *, is_end: bool = True) -> int:
        """A position as a time of this session."""
        return (
            position
            - self.first
            + sum(n for at, n in self.inserted if at < position or (at == position and not is_end))
        )

    def heard(self) -> list[tuple[str, int, int]]:
        """Words since the last final, cut ones included once it is certain that they are cut."""
        out = []
        for word in self.since(self.final_until):
            if word.start >= self.until:
                break
            if word.end > self.until:
                if self.is_finished:
                    out.append((f"~{word.number}", word.start, self.until))
            elif word.start < self.first:
                out.append((f"~{word.number}", self.first, word.end))
            else:
                out.append((str(word.number), word.start, word.end))
        return out

    def since(self, position: int, most: int | None = None) -> list[Spoken]:
        """Words that end after a position; no more than so many."""
        spoken = self.world.spoken
        first = bisect_right(spoken, position, key=lambda word: word.end)
        return spoken[first : None if most is None else first + most]

    def goes_on(self, end: int, pause_until: int) -> bool:
        """After a word that ended there another is being said, or was begun in this pause."""
        return any(
            word.start < self.until < word.end or end < word.start < pause_until
            for word in self.since(end, 2)
        )

    def listen(self) -> None:
        words = self.heard()
        for index, (_, _, end) in enumerate(words):
            is_last = index == len(words) - 1
            pause_until = self.until if is_last else words[index + 1][1]
            is_pause = pause_until - end >= PAUSE and not self.goes_on(end, pause_until)
            if is_pause or (end - words[0][1] >= LONGEST and not is_last):
                self.finalise(words[: index + 1], is_last=is_last)
                self.listen()
                return
        if words and self.world.manners.partials and self.world.rng.random() < 0.7:
            self.say(ev.Partial(" ".join(w[0] for w in words), self.words(words)))
        elif self.world.rng.random() < 0.1:
            self.say(ev.Partial(""))
        elif not words and self.world.rng.random() < 0.05 and self.until - self.final_until > 3000:
            self.say(ev.EndOfUtterance(self.ms(self.until - 500)))
        if self.world.manners.cursors:
            position = self.ms(self.until, is_end=False)
            self.say(ev.Cursors(position, max(0, position - 200)))

    def words(self, words: list[tuple[str, int, int]]) -> tuple[ev.Word, ...]:
        if not self.world.manners.has_words:
            return ()
        return tuple(ev.Word(t, self.ms(a, is_end=False), self.ms(b)) for t, a, b in words)

    def finalise(self, words: list[tuple[str, int, int]], *, is_last: bool) -> None:
        end = words[-1][2]
        settled = min(end + self.world.manners.hangover, self.until) if is_last else end
        self.final_until = end
        text = " ".join(w[0] for w in words)
        if not self.world.manners.is_timed:
            sent_ms = self.ms(self.until) - 1
            self.say(ev.Final(text, sent_ms, sent_ms, is_timed=False))
            self.say(ev.EndOfUtterance(sent_ms))
            return
        self.say(
            ev.Final(
                text,
                self.ms(words[0][1], is_end=False),
                self.ms(end),
                self.words(words),
                self.ms(settled),
                self.n_finals,
            )
        )
        if self.world.manners.refines:
            self.say(ev.Refinement(self.n_finals, text))
        self.n_finals += 1
        if is_last:
            self.say(ev.EndOfUtterance(self.ms(settled)))

    def finish(self) -> None:
        self.is_finished = True
        words = self.heard() if self.first >= 0 else []
        if words:
            self.finalise(words, is_last=True)
        self.say(None)

    def say(self, event: ev.Event | None) -> None:
        if self.is_dead:
            return
        if self.world.manners.slip == NONE:
            self.put(event)
            return
        for bent in self.slips(event, self.ms(self.until)):
            self.put(bent)
        if event is None:
            self.put(None)

    def put(self, event: object) -> None:
        delay_s = self.world.rng.random() * self.world.manners.longest_delay_s
        at_s = self.world.now_s + delay_s
        if self.outbox:
            at_s = max(at_s, self.outbox[-1][0])
        self.outbox.append((at_s, event))


@dataclass
class World:
    seed: int = 0
    limits: Limits = field(default_factory=lambda: Limits(session_s=20.0))
    manners: Manners = field(default_factory=Manners)
    now_s: float = 100.0
    sends_silence: bool = False
    budget_s: float = float("inf")
    is_live: bool = True
    is_strict: bool = True
    """Its recogniser tells no wrong times: then it is checked what a crash would cost, too."""

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.is_strict = self.is_strict and self.manners.is_timed and self.manners.slip == NONE
        self.dictation = Dictation(
            Format(RATE),
            self.limits,
            Policy(
                refines=self.manners.refines,
                has_words=self.manners.has_words,
                sends_silence=self.sends_silence,
                budget_s=self.budget_s,
                is_live=self.is_live,
            ),
            Backoff(random.Random(self.seed)),
        )
        self.spoken: list[Spoken] = []
        self.dictated = 0
        self.sessions: dict[int, EchoLink] = {}
        self.pending_sent: deque[tuple[float, int, int]] = deque()
        self.lines: dict[int, ch.Line] = {}
        self.gaps: list[ch.Gap] = []
        self.items: list[ch.Line | ch.Gap] = []
        self.settled: list[int] = []
        self.sure = 0
        """Whoever goes on without us, after a crash, would go on here or after the last item."""
        self.n_sure = 0
        """Words that begin before that."""
        self.newest = 0
        """The last number that was committed."""
        self.is_cut = False
        """Only a part of that was heard."""
        self.partials: list[str] = []
        self.problems: list[ch.ProblemRaised | ch.ProblemCleared] = []
        self.opened_total = 0
        self.is_done = False
        self.refuse: Problem | None = None
        self.is_mute = False
        self.is_stuck = False
        self.torn: list[tuple[int, int]] = []
        """Stretches of the recording that cannot be read any more."""
        self.unreadable: deque[tuple[int, int]] = deque()
        self.n_told = 0
        self.n_spins = 0
        self.stands_still_s = 0.0
        """In the next word the source gives nothing for this long, and then all of it."""
        self.dictation.started(self.now_s)

    # ------------------------------------------------------------- the speaker

    def speak(self, n_words: int, *, gap: int = 50, pause: int = 600, length: int = LENGTH) -> None:
        """Count on: words with small gaps, then a pause."""
        at = self.dictated
        for _ in range(n_words):
            self.spoken.append(Spoken(len(self.spoken) + 1, at, at + length))
            at += length + gap
        self.record(at - self.dictated + pause)

    def record(self, n_samples: int) -> None:
        """Capture what lies ahead, block by block, while time passes."""
        end = self.dictated + n_samples
        while self.dictated < end:
            n = min(BLOCK, end - self.dictated)
            start, self.dictated = self.dictated, self.dictated + n
            is_speech = any(w.start < self.dictated and w.end > start for w in self.spoken[-40:])
            self.dictation.captured(n, SPEECH if is_speech else QUIET, self.now_s)
            self.settle()
            self.wait(n / RATE)
            if self.stands_still_s and (is_speech and self.rng.random() < 0.3):
                self.wait(self.stands_still_s)
                self.stands_still_s = 0.0

    def lose(self, n_samples: int) -> None:
        self.dictated += n_samples
        self.dictation.lost(n_samples, Reason.NOT_CAPTURED, self.now_s)
        self.settle()

    def tear(self, n_words: int, n_later: int) -> None:
        """The recording loses some words that were said, from the middle of a pause to another."""
        last = len(self.spoken) - 1 - n_later
        first = last - n_words
        if first < 1 or self.spoken[last].start > self.dictated:
            return
        start = (self.spoken[first - 1].end + self.spoken[first].start) // 2
        end = (self.spoken[last - 1].end + self.spoken[last].start) // 2
        if start < end:
            self.torn.append((start, end))

    # ------------------------------------------------------------- time

    def wait(self, seconds: float) -> None:
        """Let time pass, and all that is due in it."""
        end_s = self.now_s + seconds
        while True:
            due = [session.outbox[0][0] for session in self.sessions.values() if session.outbox]
            due += [session.opens_at_s for session in self.sessions.values() if not session.is_open]
            if self.pending_sent and not self.is_stuck:
                due.append(self.pending_sent[0][0])
            deadline = self.dictation.next_deadline_s()
            if deadline is not None:
                due.append(max(deadline, self.now_s))
            at_s = min(due, default=end_s)
            if at_s >= end_s:
                break
            is_overdue = deadline is not None and deadline <= self.now_s
            self.now_s = max(self.now_s, at_s)
            n_before = self.n_told
            self.deliver()
            self.dictation.tick(self.now_s)
            self.settle()
            self.n_spins = self.n_spins + 1 if is_overdue and self.n_told == n_before else 0
            assert self.n_spins < 5, "a deadline in the past: the shell would spin"
            self.now_s += 0.001
        self.now_s = max(self.now_s, end_s)

    def deliver(self) -> None:
        for session in list(self.sessions.values()):
            idle_s = self.now_s - session.last_fed_s
            is_fed = not session.is_open or session.is_finished or self.is_stuck
            assert is_fed or idle_s <= self.limits.idle_s, "idle limit broken"
            if not session.is_open and session.opens_at_s <= self.now_s:
                session.is_open = True
                session.last_fed_s = self.now_s
                self.dictation.session_opened(session.session_number, self.now_s)
                self.settle()
            while (
                session.session_number in self.sessions
                and session.outbox
                and session.outbox[0][0] <= self.now_s
            ) and not self.is_mute:
                _, event = session.outbox.popleft()
                if event is None:
                    del self.sessions[session.session_number]
                    self.dictation.session_closed(session.session_number, None, self.now_s)
                elif isinstance(event, Problem):
                    del self.sessions[session.session_number]
                    self.dictation.session_closed(session.session_number, event, self.now_s)
                else:
                    self.dictation.session_event(session.session_number, event, self.now_s)  # type: ignore[arg-type]
                self.settle()
            if self.is_mute and session.outbox and session.outbox[0][0] <= self.now_s:
                session.outbox[0] = (self.now_s + 1.0, session.outbox[0][1])
        while self.pending_sent and self.pending_sent[0][0] <= self.now_s and not self.is_stuck:
            _, session_number, end = self.pending_sent.popleft()
            self.dictation.sent(session_number, end, self.now_s)
            self.settle()

    # ------------------------------------------------------------- the shell

    def settle(self) -> None:
        for effect in self.dictation.take_effects():
            self.n_told += 1
            self.obey(effect)
        for change in self.dictation.take_changes():
            self.n_told += 1
            self.note(change)
        if self.is_strict:
            self.check_crash()
        if self.unreadable:
            self.dictation.unreadable(*self.unreadable.popleft(), self.now_s)
            self.settle()

    def obey(self, effect: fx.Effect) -> None:
        match effect:
            case fx.Open(session_number):
                session = EchoLink(self, session_number)
                session.opens_at_s = self.now_s + self.rng.random() * self.manners.longest_delay_s
                self.opened_total += 1
                self.sessions[session_number] = session
                if self.refuse is not None:
                    session.is_open = True
                    session.outbox.append((session.opens_at_s, self.refuse))
            case fx.Send(session_number, start, end) if self.cannot_read(
                self.sessions[session_number], start, end
            ):
                pass
            case fx.Send(session_number, start, end):
                self.sessions[session_number].feed(start, end)
                self.pending_sent.append((self.now_s + 0.001, session_number, end))
            case fx.SendSilence(session_number, n):
                self.sessions[session_number].feed_silence(n)
            case fx.Finish(session_number):
                self.sessions[session_number].finish()
            case fx.Drop(session_number):
                del self.sessions[session_number]
            case fx.Done():
                assert not self.is_done
                self.is_done = True
            case fx.EndUtterance(session_number):
                self.sessions[session_number].last_fed_s = self.now_s

    def cannot_read(self, session: EchoLink, start: int, end: int) -> bool:
        torn = next((it for it in self.torn if it[0] < end and start < it[1]), None)
        if torn is not None and not session.is_blind:
            session.is_blind = True
            self.unreadable.append(torn)
        return session.is_blind

    def note(self, change: ch.Change) -> None:
        match change:
            case ch.LineCommitted(line):
                assert line.number == len(self.lines) + 1
                self.lines[line.number] = line
                self.items.append(line)
                self.newest = int(line.text.split()[-1].strip("~"))
                self.is_cut = line.text.split()[-1].startswith("~")
            case ch.LineRefined(line):
                assert line.number in self.lines
                self.lines[line.number] = line
            case ch.LineSettled(line):
                self.settled.append(line.number)
            case ch.GapMarked(gap):
                self.gaps.append(gap)
                self.items.append(gap)
            case ch.Settled(position):
                assert position > self.sure, "it moves forward"
                self.sure = position
            case ch.PartialChanged():
                self.partials.append(change.text)
            case ch.ProblemRaised() | ch.ProblemCleared():
                self.problems.append(change)
            case _:
                pass

    def cut(self, session_number: int | None = None) -> None:
        """A link breaks; what it had in its outbox never arrives."""
        ids = list(self.sessions)
        if not ids:
            return
        session_number = self.rng.choice(ids) if session_number is None else session_number
        del self.sessions[session_number]
        self.dictation.session_closed(session_number, GONE, self.now_s)
        self.settle()

    def recover(self) -> None:
        """The network and the account are well again, and the user asks for another try."""
        self.refuse = None
        self.is_mute = self.is_stuck = False
        for session in self.sessions.values():
            for index, (at_s, event) in enumerate(session.outbox):
                if isinstance(event, Problem):
                    session.outbox[index] = (at_s, GONE)
        self.dictation.retry(self.now_s)
        self.settle()

    def finish(self, longest_s: float = 600.0) -> None:
        self.dictation.stop(self.now_s)
        self.settle()
        end_s = self.now_s + longest_s
        while not self.is_done:
            assert self.now_s < end_s, "the dictation never ends"
            self.wait(1.0)

    # ------------------------------------------------------------- the verdict

    def committed(self) -> list[str]:
        return [word for line in self.lines.values() for word in line.text.split()]

    def check(self) -> None:
        """Each number once, in order, or in a visible gap; and each where it was said."""
        words = self.committed()
        assert not [word for word in words if word.startswith("~")], "a word was cut"
        numbers = [int(word) for word in words]
        assert numbers == sorted(set(numbers)), "doubled or out of order"
        missing = set(range(1, len(self.spoken) + 1)) - set(numbers)
        for number in missing:
            word = self.spoken[number - 1]
            assert any(
                g.start_sample < word.end and word.start < g.end_sample for g in self.gaps
            ), f"{number} is lost"
        for number in numbers:
            word = self.spoken[number - 1]
            assert not any(
                g.start_sample <= word.start and word.end <= g.end_sample for g in self.gaps
            ), f"{number} lies in a gap too"
        if self.is_strict:
            self.check_places()

    def check_crash(self) -> None:
        """Were this the end, what was told would be enough to go on and lose and double nothing."""
        last = self.items[-1] if self.items else None
        resume = max(self.sure, last.end_sample if last else 0)
        is_cut = self.is_cut  # by a hole in the recording: nobody can hear its rest
        is_told = not self.newest or is_cut or self.spoken[self.newest - 1].end <= resume
        assert is_told, "would be doubled"
        while self.n_sure < len(self.spoken) and self.spoken[self.n_sure].start < resume:
            word = self.spoken[self.n_sure]
            is_told = word.number <= self.newest
            in_gap = any(g.start_sample < word.end and word.start < g.end_sample for g in self.gaps)
            assert is_told or in_gap, f"{word.number} would be lost"
            self.n_sure += 1

    def check_places(self) -> None:
        for before, item in pairwise(self.items):
            # A word whose middle is beyond the seam reaches a little into the gap before it.
            is_seam = isinstance(before, ch.Gap) and before.reason is Reason.UNRECOGNISED
            reach = LENGTH // 2 if is_seam else 0
            assert item.start_sample >= before.end_sample - reach, "items overlap"
        for item in self.items:
            assert item.end_sample >= item.start_sample
        for line in self.lines.values():
            for text in line.text.split():
                word = self.spoken[int(text) - 1]
                assert line.start_sample <= word.start, "a line begins after its words"
                assert word.end <= line.end_sample, "a line ends before its words"
        assert self.settled == list(self.lines), "each line is settled once, in order"
