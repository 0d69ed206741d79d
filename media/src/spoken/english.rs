//! Written English as it is said: which words each written token becomes.

use super::lexicon;
use super::quantity;

const MARKS: &[char] = &['.', ',', '!', '?', ';', ':', '…', '؟', '،', '؛'];
const OPENING: &[char] = &['"', '“', '‘', '(', '[', '{', '*', '_', '«', '<'];
const CLOSING: &[char] = &['"', '”', '’', '\'', ')', ']', '}', '*', '_', '»', '>'];
const SCALES: &[&str] = &["hundred", "thousand", "million", "billion", "trillion"];

/// A token without what opens before it and what ends after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub lead: &'a str,
    pub core: &'a str,
    pub tail: &'a str,
}

impl<'a> Token<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let rest = text.trim_start_matches(OPENING);
        let core = rest.trim_end_matches(|c| MARKS.contains(&c) || CLOSING.contains(&c));
        let lead = &text[..text.len() - rest.len()];
        Self { lead, core, tail: &rest[core.len()..] }
    }

    /// The marks that the voice should hear.
    fn marks(&self) -> impl Iterator<Item = char> + 'a {
        self.tail.chars().filter(|mark| MARKS.contains(mark))
    }
}

/// One token among its neighbours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
}

impl<'a> Context<'a> {
    pub(super) fn core(&self) -> &'a str {
        self.tokens[self.at].core
    }

    pub(super) fn lead(&self) -> &'a str {
        self.tokens[self.at].lead
    }

    pub(super) fn tail(&self) -> &'a str {
        self.tokens[self.at].tail
    }

    /// The token after this one in the same clause; empty where there is none.
    pub(super) fn next(&self) -> &'a str {
        match self.tokens.get(self.at + 1) {
            Some(next) if self.tail().is_empty() => next.core,
            _ => "",
        }
    }

    /// The token before this one in the same clause; empty where there is none.
    pub(super) fn previous(&self) -> &'a str {
        match self.at.checked_sub(1).map(|before| self.tokens[before]) {
            Some(previous) if previous.tail.is_empty() => previous.core,
            _ => "",
        }
    }

    /// All tokens before this one, the last one first, whatever stands between.
    pub(super) fn before(&self) -> impl Iterator<Item = &'a str> {
        self.tokens[..self.at].iter().rev().map(|token| token.core)
    }

    /// The token after a closing bracket: the number of "(555) 123-4567".
    pub(super) fn after_bracket(&self) -> Option<&'a str> {
        self.tokens.get(self.at + 1).filter(|_| self.tail() == ")").map(|token| token.core)
    }

    /// The next token, past a full stop that may belong to this one.
    fn next_word(&self) -> Option<&'a str> {
        let through = matches!(self.tail(), "" | ".");
        self.tokens.get(self.at + 1).filter(|_| through).map(|token| token.core)
    }

    fn is_last(&self) -> bool {
        self.at + 1 == self.tokens.len()
    }
}

/// What a full stop after a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dot {
    Mark,
    /// A part of what always leads to more: it is heard only where the text ends.
    Part,
    /// A part of what may end a sentence: it is heard before a capital as well.
    Either,
}

/// The words of each token, with the marks the voice should hear; none for a lone mark.
pub(super) fn expand(texts: &[&str]) -> Vec<Vec<String>> {
    let tokens: Vec<Token<'_>> = texts.iter().map(|text| Token::new(text)).collect();
    (0..tokens.len())
        .map(|at| {
            let context = Context { tokens: &tokens, at };
            let (mut words, dot) = read(&context);
            let is_part = match dot {
                Dot::Mark => false,
                Dot::Part => !context.is_last(),
                Dot::Either => context.next_word().is_some_and(|next| !begins_capital(next)),
            };
            let skipped = usize::from(is_part && context.tail().starts_with('.'));
            if let Some(last) = words.last_mut() {
                last.extend(tokens[at].marks().skip(skipped));
            }
            words
        })
        .collect()
}

/// One token on its own, without neighbours or marks.
pub(super) fn alone(text: &str) -> Vec<String> {
    let tokens = [Token { lead: "", core: text, tail: "" }];
    read(&Context { tokens: &tokens, at: 0 }).0
}

fn read(context: &Context<'_>) -> (Vec<String>, Dot) {
    let core = context.core();
    if let Some(words) = symbol(core) {
        return (words, Dot::Mark);
    }
    if let Some(words) = short_form(context) {
        let leads = words.first().is_some_and(|word| lexicon::leads_on(word));
        return (words, if leads { Dot::Part } else { Dot::Either });
    }
    if let Some(words) = letters(core) {
        return (words, if core.contains('.') { Dot::Part } else { Dot::Mark });
    }
    if core.len() == 1 && core.starts_with(|c: char| c.is_ascii_uppercase()) {
        return (vec![core.to_owned()], Dot::Part);
    }
    if let Some(words) = scale_of_money(context) {
        return (words, Dot::Mark);
    }
    let words = quantity::read(context).or_else(|| compound(core));
    (words.unwrap_or_else(|| vec![core.to_owned()]), Dot::Mark)
}

/// Words in place of a sign; nothing for a token without a letter or digit.
fn symbol(core: &str) -> Option<Vec<String>> {
    let word = match core {
        "&" => "and",
        "+" => "plus",
        "=" => "equals",
        "@" => "at",
        "%" => "percent",
        _ if core.chars().any(char::is_alphanumeric) => return None,
        _ => return Some(Vec::new()),
    };
    Some(vec![word.to_owned()])
}

fn begins_capital(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}

fn short_form(context: &Context<'_>) -> Option<Vec<String>> {
    let core = context.core();
    let dotted = context.tail().starts_with('.');
    let a_name_follows = context.next_word().is_some_and(begins_capital);
    let in_address = begins_capital(context.previous()) && !a_name_follows;
    let numbered = context.before().nth(1).is_some_and(quantity::is_number);
    let after_house_number = begins_capital(context.previous()) && numbered;
    let lower = core.to_lowercase();
    let said = match lower.as_str() {
        "dr" if in_address => "Drive",
        "dr" if dotted || begins_capital(core) => "Doctor",
        "st" if (dotted || core == "St") && (in_address || after_house_number) => "Street",
        "st" if dotted || core == "St" => "Saint",
        "no" if dotted && context.next_word().is_some_and(|w| w.starts_with(char::is_numeric)) => {
            "number"
        }
        "a.m" | "am" if dotted || quantity::is_clock(context.previous()) => "A M",
        "p.m" | "pm" if dotted || quantity::is_clock(context.previous()) => "P M",
        "sq" if context.next_word().is_some_and(|word| word.eq_ignore_ascii_case("ft")) => "square",
        _ if quantity::is_number(context.previous()) && lexicon::unit(core).is_some() => {
            lexicon::unit(core)?
        }
        "ft" if context.before().next().is_some_and(|word| word.eq_ignore_ascii_case("sq")) => {
            "feet"
        }
        _ => lexicon::short_form(core, dotted)?,
    };
    Some(said.split(' ').map(str::to_owned).collect())
}

/// "A P R", "A P R's", "U S" for "U.S", "J" of "J. P. Morgan".
fn letters(core: &str) -> Option<Vec<String>> {
    let parts: Vec<&str> = core.split('.').collect();
    let is_letter = |part: &&str| part.len() == 1 && part.bytes().all(|b| b.is_ascii_alphabetic());
    if 1 < parts.len() && (parts.iter().all(is_letter) || core == "Ph.D") {
        return Some(spell(&core.replace('.', "")));
    }
    let bare = core.strip_suffix("'s").or_else(|| core.strip_suffix("’s"));
    let (bare, plural) = match bare.or_else(|| core.strip_suffix('s')) {
        Some(bare) => (bare, true),
        None => (core, false),
    };
    lexicon::is_spelled(bare).then(|| {
        let mut words = spell(bare);
        if let Some(last) = words.last_mut()
            && plural
        {
            last.push_str("'s");
        }
        words
    })
}

fn spell(word: &str) -> Vec<String> {
    word.to_uppercase().chars().map(String::from).collect()
}

/// "million dollars" for the second token of "$2 million".
fn scale_of_money(context: &Context<'_>) -> Option<Vec<String>> {
    let scale = context.core();
    let currency = quantity::currency(context.previous())?;
    is_scale(scale).then(|| vec![scale.to_owned(), currency.many.to_owned()])
}

/// Whether a word multiplies the amount before it.
pub(super) fn is_scale(word: &str) -> bool {
    SCALES.contains(&word.to_lowercase().as_str())
}

/// Parts joined by signs: "pre-approval", "and/or", "R&D", "W-2", an address on the net.
fn compound(core: &str) -> Option<Vec<String>> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’');
    let on_the_net = core.contains('@') || is_domain(core);
    let mut words = Vec::new();
    let mut part = String::new();
    let mut signs = 0;
    for character in core.chars().chain([' ']) {
        let changes = part.chars().last().is_some_and(|last| {
            last.is_ascii_digit() != character.is_ascii_digit() && is_part(character)
        });
        if is_part(character) && !changes {
            part.push(character);
            continue;
        }
        signs += usize::from(character != ' ');
        if !part.is_empty() {
            words.push(std::mem::take(&mut part));
        }
        if is_part(character) {
            part.push(character);
        }
        let said = match character {
            '&' => "and",
            '.' if on_the_net => "dot",
            '@' if on_the_net => "at",
            '/' if on_the_net => "slash",
            '-' if on_the_net => "dash",
            '_' if on_the_net => "underscore",
            _ => continue,
        };
        words.push(said.to_owned());
    }
    let whole = words.len() == 1 && words[0] == core;
    (0 < signs && !whole).then(|| words.iter().flat_map(|word| alone(word)).collect())
}

fn is_domain(core: &str) -> bool {
    const ENDINGS: &[&str] = &["com", "org", "net", "gov", "edu", "io", "ai", "co"];
    core.split('/').next().is_some_and(|host| {
        host.rsplit_once('.').is_some_and(|(name, ending)| {
            ENDINGS.contains(&ending) && name.chars().any(char::is_alphabetic)
        })
    })
}
