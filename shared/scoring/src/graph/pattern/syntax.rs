//! Reads the text of a regular expression.

use std::iter::Peekable;
use std::str::Chars;

use super::super::problem::{Outcome, StepFault};

/// Maximum depth of groups inside of groups.
const MAX_DEPTH: usize = 30;

/// Maximum count of a repetition, as in RE2.
const MAX_COUNT: u32 = 1000;

/// A regular expression.
#[derive(Debug)]
pub(super) enum PatternExpression {
    /// One character of a set.
    Set(CharSet),
    Check(Assertion),
    /// All parts, one behind the other.
    All(Vec<PatternExpression>),
    /// One of several expressions.
    Either(Vec<PatternExpression>),
    Repeat {
        inner: Box<PatternExpression>,
        least: u32,
        /// `None`: any number.
        most: Option<u32>,
    },
}

/// What must be true of a place between two characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assertion {
    Start,
    End,
    Boundary,
    NoBoundary,
}

/// A set of characters.
#[derive(Debug, Clone, Default)]
pub(super) struct CharSet {
    /// First and last character of each range.
    ranges: Vec<(char, char)>,
    is_inverted: bool,
}

const DIGITS: &[(char, char)] = &[('0', '9')];
const WORD: &[(char, char)] = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
const SPACE: &[(char, char)] = &[('\t', '\n'), ('\x0c', '\r'), (' ', ' ')];

/// Names in `[[:name:]]`.
const NAMED: [(&str, &[(char, char)]); 9] = [
    ("alnum", &[('0', '9'), ('A', 'Z'), ('a', 'z')]),
    ("alpha", &[('A', 'Z'), ('a', 'z')]),
    ("ascii", &[('\0', '\x7f')]),
    ("digit", DIGITS),
    ("lower", &[('a', 'z')]),
    ("punct", &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
    ("space", &[('\t', '\r'), (' ', ' ')]),
    ("upper", &[('A', 'Z')]),
    ("word", WORD),
];

impl CharSet {
    fn of(ranges: &[(char, char)], is_inverted: bool) -> Self {
        Self { ranges: ranges.to_vec(), is_inverted }
    }

    fn one(character: char) -> Self {
        Self::of(&[(character, character)], false)
    }

    /// Returns the character of a set that has only one.
    fn single(&self) -> Option<char> {
        match *self.ranges.as_slice() {
            [(first, last)] if first == last && !self.is_inverted => Some(first),
            _ => None,
        }
    }

    pub(super) fn contains(&self, character: char) -> bool {
        self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&character)) != self.is_inverted
    }

    /// Adds the characters of another set.
    fn add(&mut self, other: &Self) {
        if !other.is_inverted {
            self.ranges.extend(&other.ranges);
            return;
        }
        let mut sorted = other.ranges.clone();
        sorted.sort_unstable();
        let mut from = 0_u32;
        for (first, last) in sorted {
            self.add_numbers(from, u32::from(first).wrapping_sub(1));
            from = from.max(u32::from(last) + 1);
        }
        self.add_numbers(from, u32::from(char::MAX));
    }

    /// Adds the characters from one number to another. Numbers of no character are left out.
    fn add_numbers(&mut self, first: u32, last: u32) {
        let first = (first..=last.min(u32::from(char::MAX))).find_map(char::from_u32);
        let last = char::from_u32(last).or((last >= 0xd800).then_some('\u{d7ff}'));
        self.ranges.extend(first.zip(last).filter(|(first, last)| first <= last));
    }
}

impl Assertion {
    pub(super) fn holds(self, at: usize, before: Option<char>, behind: Option<char>) -> bool {
        let is_word = |character: Option<char>| character.is_some_and(|it| it.is_ascii_alphanumeric() || it == '_');
        match self {
            Self::Start => at == 0,
            Self::End => behind.is_none(),
            Self::Boundary => is_word(before) != is_word(behind),
            Self::NoBoundary => is_word(before) == is_word(behind),
        }
    }
}

/// Reads a regular expression.
pub(super) fn read(text: &str) -> Outcome<PatternExpression> {
    let mut reader = Reader { text, rest: text.chars().peekable(), depth: 0 };
    let found = reader.choices()?;
    match reader.rest.next() {
        None => Ok(found),
        Some(_) => Err(reader.problem("a group is closed that was not opened")),
    }
}

struct Reader<'a> {
    text: &'a str,
    rest: Peekable<Chars<'a>>,
    depth: usize,
}

impl Reader<'_> {
    fn problem(&self, what: &str) -> StepFault {
        let expected = "expected characters, sets like [a-z], \\w, \\d, \\s, \\b, groups, |, *, +, ? and {1,2}";
        StepFault::new(format!("its regular expression {:?} is not supported: {what}; {expected}", self.text))
    }

    /// Reads expressions with `|` between them.
    fn choices(&mut self) -> Outcome<PatternExpression> {
        let mut choices = vec![self.sequence()?];
        while self.rest.next_if_eq(&'|').is_some() {
            choices.push(self.sequence()?);
        }
        Ok(if choices.len() == 1 { choices.remove(0) } else { PatternExpression::Either(choices) })
    }

    fn sequence(&mut self) -> Outcome<PatternExpression> {
        let mut parts = Vec::new();
        while let Some(next) = self.rest.next_if(|next| !matches!(next, '|' | ')')) {
            let part = self.part(next)?;
            parts.push(self.repeated(part)?);
        }
        Ok(PatternExpression::All(parts))
    }

    fn part(&mut self, first: char) -> Outcome<PatternExpression> {
        Ok(match first {
            '.' => PatternExpression::Set(CharSet::of(&[('\n', '\n')], true)),
            '^' => PatternExpression::Check(Assertion::Start),
            '$' => PatternExpression::Check(Assertion::End),
            '[' => PatternExpression::Set(self.set()?),
            '(' => self.group()?,
            '*' | '+' | '?' => return Err(self.problem("nothing is before a repetition")),
            '\\' => match self.rest.peek() {
                Some('b') => self.assertion(Assertion::Boundary),
                Some('B') => self.assertion(Assertion::NoBoundary),
                Some('A') => self.assertion(Assertion::Start),
                Some('z') => self.assertion(Assertion::End),
                _ => PatternExpression::Set(self.escaped()?),
            },
            other => PatternExpression::Set(CharSet::one(other)),
        })
    }

    fn assertion(&mut self, assertion: Assertion) -> PatternExpression {
        self.rest.next();
        PatternExpression::Check(assertion)
    }

    /// Reads a group behind its `(`.
    fn group(&mut self) -> Outcome<PatternExpression> {
        if self.rest.next_if_eq(&'?').is_some() && self.rest.next_if_eq(&':').is_none() {
            return Err(self.problem("it has a group (?…) of another kind than (?:…)"));
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.problem("its groups are nested too deep"));
        }
        let inner = self.choices()?;
        self.depth -= 1;
        match self.rest.next() {
            Some(')') => Ok(inner),
            _ => Err(self.problem("a group is not closed")),
        }
    }

    /// Reads the repetition behind a part, if there is one.
    fn repeated(&mut self, part: PatternExpression) -> Outcome<PatternExpression> {
        let Some((least, most)) = self.repetition()? else { return Ok(part) };
        // A repetition that takes as little as possible takes as much as all others: the longest match counts.
        self.rest.next_if_eq(&'?');
        if matches!(self.rest.peek(), Some('*' | '+' | '?')) || self.repetition()?.is_some() {
            return Err(self.problem("a repetition is repeated"));
        }
        Ok(PatternExpression::Repeat { inner: Box::new(part), least, most })
    }

    fn repetition(&mut self) -> Outcome<Option<(u32, Option<u32>)>> {
        let found = match self.rest.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => return self.counts(),
            _ => return Ok(None),
        };
        self.rest.next();
        Ok(Some(found))
    }

    /// Reads `{2}`, `{2,}` or `{2,3}`. Other braces are characters.
    fn counts(&mut self) -> Outcome<Option<(u32, Option<u32>)>> {
        let inside: String = self.rest.clone().skip(1).take_while(|next| *next != '}').take(20).collect();
        let is_closed = self.rest.clone().nth(inside.chars().count() + 1) == Some('}');
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u32>().ok())?;
        let found = match inside.split_once(',') {
            None => number(&inside).map(|count| (count, Some(count))),
            Some((least, "")) => number(least).map(|least| (least, None)),
            Some((least, most)) => number(least).zip(number(most)).map(|(least, most)| (least, Some(most))),
        };
        let Some((least, most)) = found.filter(|_| is_closed) else { return Ok(None) };
        if least.max(most.unwrap_or_default()) > MAX_COUNT || most.is_some_and(|most| most < least) {
            return Err(self.problem("the counts of a repetition are not from 0 to 1000, in ascending order"));
        }
        self.rest.nth(inside.chars().count() + 1);
        Ok(Some((least, most)))
    }

    /// Reads a set behind its `[`.
    fn set(&mut self) -> Outcome<CharSet> {
        let is_inverted = self.rest.next_if_eq(&'^').is_some();
        let mut set = CharSet::default();
        let mut is_first = true;
        loop {
            let Some(next) = self.rest.next() else { return Err(self.problem("a set is not closed")) };
            match next {
                ']' if !is_first => break,
                '[' if self.rest.peek() == Some(&':') => set.add(&self.named()?),
                _ => self.add_range(next, &mut set)?,
            }
            is_first = false;
        }
        Ok(CharSet { is_inverted, ..set })
    }

    /// Reads a character or range of a set, and adds it.
    fn add_range(&mut self, first: char, set: &mut CharSet) -> Outcome<()> {
        let found = self.member(first)?;
        let mut ahead = self.rest.clone();
        let is_range = ahead.next() == Some('-') && ahead.next().is_some_and(|next| next != ']');
        // Behind a set such as \w, the hyphen is a character.
        if !is_range || found.single().is_none() {
            set.add(&found);
            return Ok(());
        }
        self.rest.next();
        let last = match self.rest.next() {
            Some(last) => self.member(last)?,
            None => return Err(self.problem("a set is not closed")),
        };
        match found.single().zip(last.single()).filter(|(first, last)| first <= last) {
            Some(range) => set.ranges.push(range),
            None => return Err(self.problem("a range of a set does not go from one character to a later one")),
        }
        Ok(())
    }

    fn member(&mut self, first: char) -> Outcome<CharSet> {
        if first == '\\' { self.escaped() } else { Ok(CharSet::one(first)) }
    }

    /// Reads `[:name:]` behind its `[`.
    fn named(&mut self) -> Outcome<CharSet> {
        let inside: String = self.rest.clone().skip(1).take_while(|next| *next != ']').take(20).collect();
        let (name, is_inverted) = match inside.strip_prefix('^') {
            Some(name) => (name, true),
            None => (inside.as_str(), false),
        };
        let found = name.strip_suffix(':').and_then(|name| NAMED.iter().find(|(known, _)| *known == name));
        let Some((_, ranges)) = found else { return Err(self.problem("a set has an unknown name")) };
        self.rest.nth(inside.chars().count() + 1);
        Ok(CharSet::of(ranges, is_inverted))
    }

    /// Reads what is behind a backslash.
    fn escaped(&mut self) -> Outcome<CharSet> {
        let Some(next) = self.rest.next() else { return Err(self.problem("it ends with a backslash")) };
        Ok(match next {
            'd' => CharSet::of(DIGITS, false),
            'D' => CharSet::of(DIGITS, true),
            'w' => CharSet::of(WORD, false),
            'W' => CharSet::of(WORD, true),
            's' => CharSet::of(SPACE, false),
            'S' => CharSet::of(SPACE, true),
            't' => CharSet::one('\t'),
            'n' => CharSet::one('\n'),
            'r' => CharSet::one('\r'),
            'f' => CharSet::one('\x0c'),
            'v' => CharSet::one('\x0b'),
            'a' => CharSet::one('\x07'),
            'x' => CharSet::one(self.code()?),
            other if other.is_ascii() && !other.is_ascii_alphanumeric() => CharSet::one(other),
            other => return Err(self.problem(&format!("it has \\{other}"))),
        })
    }

    /// Reads the number of a character behind `\x`: two digits, or digits in braces.
    fn code(&mut self) -> Outcome<char> {
        let is_long = self.rest.next_if_eq(&'{').is_some();
        let most = if is_long { 6 } else { 2 };
        let mut digits = String::new();
        while let Some(digit) = self.rest.next_if(|next| digits.len() < most && next.is_ascii_hexdigit()) {
            digits.push(digit);
        }
        let is_complete = if is_long { self.rest.next() == Some('}') } else { digits.len() == 2 };
        let found = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
        found.filter(|_| is_complete).ok_or_else(|| self.problem("it has \\x without the number of a character"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> CharSet {
        match read(text).unwrap() {
            PatternExpression::All(mut parts) => match parts.remove(0) {
                PatternExpression::Set(set) => set,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn sets_contain_the_characters_that_they_name() {
        for (text, inside, outside) in [
            ("[a-c_]", "abc_", "dB"),
            ("[^a-c]", "d\n é", "abc"),
            (r"[\w-]", "a_9-", " é"),
            (r"[^\W\d]", "aZ_", "9 é"),
            ("[]a]", "]a", "b"),
            ("[a-]", "a-", "b"),
            ("[[:alpha:]]", "aZ", "1"),
            (r"\x41", "A", "a"),
            (r"\x{e9}", "é", "e"),
            (".", "aé", "\n"),
            (r"\S", "a\u{a0}\x0b", " \t"),
        ] {
            let set = set(text);
            assert!(inside.chars().all(|it| set.contains(it)), "{text}");
            assert!(!outside.chars().any(|it| set.contains(it)), "{text}");
        }
    }

    #[test]
    fn what_is_not_supported_is_refused_with_the_expression() {
        for text in
            ["(", ")", "*a", "a**", "(?=a)", r"(?u)\w", r"\pL", "[a", "[z-a]", "a{2,1}", "a{1001}", r"\", "[[:x:]]"]
        {
            let error = read(text).unwrap_err().0;
            assert!(error.contains("is not supported"), "{text}: {error}");
        }
        assert!(read(&"(".repeat(100)).unwrap_err().0.contains("too deep"));
    }
}
