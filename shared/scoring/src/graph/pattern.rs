//! Regular expressions of the operator `Tokenizer`, as ONNX Runtime reads them.
//!
//! ONNX Runtime uses RE2 and takes the leftmost match, and of those the longest one. No common Rust library does the
//! latter, and none counts its steps. So this is a small simulation of an automaton: each character is read once for a
//! match, in all states at the same time. `\w`, `\d`, `\s` and `\b` know ASCII only, as in RE2.

mod syntax;

use self::syntax::{Assertion, CharSet, PatternExpression};
use super::call::Budget;
use super::problem::{Outcome, StepFault};

/// Maximum length of an expression in bytes.
const MAX_LENGTH: usize = 1000;

/// Maximum number of instructions of a program.
const MAX_INSTRUCTIONS: usize = 5000;

/// A regular expression as a program.
#[derive(Debug)]
pub(super) struct Pattern {
    program: Vec<Instruction>,
}

#[derive(Debug)]
enum Instruction {
    /// Reads one character of the set, then goes on behind.
    Read(CharSet),
    /// Goes on at both places.
    Split(usize, usize),
    Jump(usize),
    /// Goes on behind if the assertion holds.
    Check(Assertion),
    Match,
}

/// A match as places in the text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PatternMatch {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The memory of searches with one pattern.
pub(super) struct PatternSearch<'a> {
    pattern: &'a Pattern,
    /// The states, as places in the program, each with the start of its match. Those with earlier starts come first.
    current: Vec<(usize, usize)>,
    next: Vec<(usize, usize)>,
    /// For each instruction, the number of the round that reached it last.
    reached: Vec<usize>,
    round: usize,
    /// Number of states that this round looked at.
    looks: usize,
    waiting: Vec<usize>,
}

/// A place in a text: the characters beside it, and how many bytes are before it.
#[derive(Debug, Clone, Copy)]
struct Place {
    at: usize,
    before: Option<char>,
    behind: Option<char>,
}

impl Pattern {
    /// Reads a regular expression.
    pub(super) fn read(text: &str) -> Outcome<Self> {
        if text.len() > MAX_LENGTH {
            let problem = format!("its regular expression has {} bytes; expected at most {MAX_LENGTH}", text.len());
            return Err(StepFault::new(problem));
        }
        let mut pattern = Self { program: Vec::new() };
        pattern.compile(&syntax::read(text)?)?;
        pattern.push(Instruction::Match)?;
        Ok(pattern)
    }

    pub(super) fn search(&self) -> PatternSearch<'_> {
        PatternSearch {
            pattern: self,
            current: Vec::new(),
            next: Vec::new(),
            reached: vec![0; self.program.len()],
            round: 0,
            looks: 0,
            waiting: Vec::new(),
        }
    }

    /// Appends an instruction, and returns its place.
    fn push(&mut self, instruction: Instruction) -> Outcome<usize> {
        if self.program.len() >= MAX_INSTRUCTIONS {
            return Err(StepFault::new("its regular expression repeats too much; expected smaller repetitions"));
        }
        self.program.push(instruction);
        Ok(self.program.len() - 1)
    }

    fn set(&mut self, place: usize, instruction: Instruction) {
        if let Some(slot) = self.program.get_mut(place) {
            *slot = instruction;
        }
    }

    fn compile(&mut self, expression: &PatternExpression) -> Outcome<()> {
        match expression {
            PatternExpression::Set(set) => self.push(Instruction::Read(set.clone())).map(|_| ()),
            PatternExpression::Check(assertion) => self.push(Instruction::Check(*assertion)).map(|_| ()),
            PatternExpression::All(parts) => parts.iter().try_for_each(|part| self.compile(part)),
            PatternExpression::Either(choices) => self.compile_choices(choices),
            PatternExpression::Repeat { inner, least, most } => {
                (0..*least).try_for_each(|_| self.compile(inner))?;
                match most {
                    None => self.compile_loop(inner),
                    Some(most) => self.compile_optional(inner, most.saturating_sub(*least)),
                }
            }
        }
    }

    fn compile_choices(&mut self, choices: &[PatternExpression]) -> Outcome<()> {
        let mut ends = Vec::new();
        for (place, choice) in choices.iter().enumerate() {
            if place + 1 == choices.len() {
                self.compile(choice)?;
                break;
            }
            let split = self.push(Instruction::Jump(0))?;
            self.compile(choice)?;
            ends.push(self.push(Instruction::Jump(0))?);
            self.set(split, Instruction::Split(split + 1, self.program.len()));
        }
        let end = self.program.len();
        ends.into_iter().for_each(|place| self.set(place, Instruction::Jump(end)));
        Ok(())
    }

    /// Compiles any number of repetitions.
    fn compile_loop(&mut self, inner: &PatternExpression) -> Outcome<()> {
        let split = self.push(Instruction::Jump(0))?;
        self.compile(inner)?;
        self.push(Instruction::Jump(split))?;
        self.set(split, Instruction::Split(split + 1, self.program.len()));
        Ok(())
    }

    /// Compiles up to `most` repetitions.
    fn compile_optional(&mut self, inner: &PatternExpression, most: u32) -> Outcome<()> {
        let mut splits = Vec::new();
        for _ in 0..most {
            splits.push(self.push(Instruction::Jump(0))?);
            self.compile(inner)?;
        }
        let end = self.program.len();
        splits.into_iter().for_each(|split| self.set(split, Instruction::Split(split + 1, end)));
        Ok(())
    }
}

impl PatternSearch<'_> {
    /// Returns the leftmost match that starts at `from` or later, and of those the longest one.
    pub(super) fn find(&mut self, text: &str, from: usize, budget: &mut Budget) -> Outcome<Option<PatternMatch>> {
        let (earlier, rest) = text.split_at_checked(from).unwrap_or((text, ""));
        let mut characters = rest.chars();
        let mut place = Place { at: from, before: earlier.chars().next_back(), behind: characters.next() };
        let mut best: Option<PatternMatch> = None;
        self.current.clear();
        loop {
            (self.round, self.looks) = (self.round + 1, 1);
            self.next.clear();
            let mut states = std::mem::take(&mut self.current);
            for &(state, start) in &states {
                self.reach(state, start, place, &mut best);
            }
            // Only without a match yet, a later start counts.
            if best.is_none() {
                self.reach(0, place.at, place, &mut best);
            }
            states.clear();
            budget.spend(&[self.looks])?;
            let Some(read) = place.behind else { return Ok(best) };
            if self.next.is_empty() && best.is_some() {
                return Ok(best);
            }
            states.extend(
                self.next.iter().filter_map(|&(state, start)| self.pattern.behind(state, read).zip(Some(start))),
            );
            self.current = states;
            place = Place { at: place.at + read.len_utf8(), before: Some(read), behind: characters.next() };
        }
    }

    /// Notes a state and all states that follow it without a character. A match is noted in `best`.
    fn reach(&mut self, state: usize, start: usize, place: Place, best: &mut Option<PatternMatch>) {
        self.waiting.push(state);
        while let Some(state) = self.waiting.pop() {
            self.looks += 1;
            let is_late = best.is_some_and(|best| best.start < start);
            match self.reached.get_mut(state) {
                Some(round) if *round != self.round && !is_late => *round = self.round,
                _ => continue,
            }
            match self.pattern.program.get(state) {
                Some(Instruction::Read(_)) => self.next.push((state, start)),
                Some(Instruction::Jump(to)) => self.waiting.push(*to),
                Some(Instruction::Split(one, other)) => self.waiting.extend([*other, *one]),
                Some(Instruction::Check(assertion)) if assertion.holds(place.at, place.before, place.behind) => {
                    self.waiting.push(state + 1);
                }
                Some(Instruction::Match) => *best = Some(PatternMatch { start, end: place.at }),
                Some(Instruction::Check(_)) | None => {}
            }
        }
    }
}

impl Pattern {
    /// Returns the state behind an instruction that reads this character.
    fn behind(&self, state: usize, read: char) -> Option<usize> {
        match self.program.get(state) {
            Some(Instruction::Read(set)) if set.contains(read) => Some(state + 1),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &str) -> Vec<String> {
        let (pattern, mut budget) = (Pattern::read(pattern).unwrap(), Budget::new(1_000_000));
        let (mut search, mut at, mut all) = (pattern.search(), 0, Vec::new());
        while let Some(found) = search.find(text, at, &mut budget).unwrap().filter(|found| found.end > found.start) {
            all.push(text.get(found.start..found.end).unwrap().to_owned());
            at = found.end;
        }
        all
    }

    #[test]
    fn the_leftmost_and_then_the_longest_match_is_found() {
        assert_eq!(found("a|ab|abc", "abcab"), ["abc", "ab"]);
        assert_eq!(found(r"\b\w\w+\b", "x yy zzz"), ["yy", "zzz"]);
        assert_eq!(found(r"\w+", "größe 2nd"), ["gr", "e", "2nd"]);
        assert_eq!(found("a{2,3}", "aaaa a aa"), ["aaa", "aa"]);
        assert_eq!(found("(?:ab)+c?|b", "ababcb"), ["ababc", "b"]);
        assert_eq!(found("a.*z|a", "aaz a"), ["aaz", "a"]);
        assert_eq!(found("[a-z]+(?:[-'][a-z]+)*", "it's well-known - ok"), ["it's", "well-known", "ok"]);
    }

    #[test]
    fn long_searches_take_steps() {
        let pattern = Pattern::read("a.*z|a").unwrap();
        let (text, mut budget) = ("a".repeat(10_000), Budget::new(100_000));
        let (mut search, mut at) = (pattern.search(), 0);
        let error = loop {
            match search.find(&text, at, &mut budget) {
                Ok(found) => at = found.unwrap().end,
                Err(error) => break error,
            }
        };
        assert!(error.0.contains("too much for one row"), "{error:?}");
        assert!(at < 100, "{at}");
    }

    #[test]
    fn great_repetitions_are_refused() {
        assert!(Pattern::read("(a{1000}){1000}").unwrap_err().0.contains("repeats too much"));
        assert!(Pattern::read(&"a".repeat(2000)).unwrap_err().0.contains("2000 bytes"));
    }
}
