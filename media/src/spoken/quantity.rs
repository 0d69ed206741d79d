//! Tokens with figures in them: money, rates, times, dates, ids, fractions and plain numbers.

use super::cardinal::{self, Number};
use super::english::{self, Context};
use super::lexicon;

/// How an amount of a currency is said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Currency {
    sign: char,
    pub one: &'static str,
    pub many: &'static str,
    cent: &'static str,
    cents: &'static str,
}

const CURRENCIES: [Currency; 3] = [
    Currency { sign: '$', one: "dollar", many: "dollars", cent: "cent", cents: "cents" },
    Currency { sign: '€', one: "euro", many: "euros", cent: "cent", cents: "cents" },
    Currency { sign: '£', one: "pound", many: "pounds", cent: "penny", cents: "pence" },
];

/// Years that are read in two halves.
const YEARS: std::ops::Range<u64> = 1900..2100;

/// From this length on, an ungrouped number is an id.
const ID_DIGITS: usize = 10;

/// The words of a token with figures, where it is one of the known kinds.
pub(super) fn read(context: &Context<'_>) -> Option<Vec<String>> {
    let core = context.core();
    if !core.contains(|c: char| c.is_ascii_digit() || "½¼¾".contains(c)) {
        return None;
    }
    for (sign, word) in [("~", "about"), ("-", "minus"), ("−", "minus"), ("+", "plus")] {
        if let Some(rest) = core.strip_prefix(sign)
            && let Some(words) = amount(rest).or_else(|| phone(rest))
        {
            return Some([vec![word.to_owned()], words].concat());
        }
    }
    money_with_scale(context)
        .or_else(|| id(context))
        .or_else(|| numbered(core))
        .or_else(|| phone(core))
        .or_else(|| date(core))
        .or_else(|| fraction_in(context))
        .or_else(|| plain_in(context))
        .or_else(|| clock_in(context))
        .or_else(|| amount(core))
        .or_else(|| range(core))
}

/// Whether a word is a number that a unit can follow.
pub(super) fn is_number(word: &str) -> bool {
    Number::parse(word).is_some() || mixed(word).is_some()
}

/// Whether a word is a time of day to which "pm" can belong.
pub(super) fn is_clock(word: &str) -> bool {
    let hour = word.split([':', '-', '–']).next_back().unwrap_or(word);
    clock(word, false).is_some() || (hour.len() <= 2 && Number::parse(hour).is_some())
}

/// The currency of an amount, by its sign.
pub(super) fn currency(word: &str) -> Option<Currency> {
    CURRENCIES.into_iter().find(|currency| word.starts_with(currency.sign))
}

/// Anything that is an amount without its neighbours.
fn amount(core: &str) -> Option<Vec<String>> {
    money(core)
        .or_else(|| percent(core))
        .or_else(|| clock(core, true))
        .or_else(|| ordinal(core))
        .or_else(|| plain(core))
        .or_else(|| mixed(core))
        .or_else(|| with_unit(core))
}

/// "thirty to forty five" for "30-45"; what is said of the second holds for both: "5-10%".
fn range(core: &str) -> Option<Vec<String>> {
    let (from, to) = core.split_once(['-', '–', '—'])?;
    let single = |part: &str| amount(part);
    if to.contains(['-', '–', '—']) {
        return None;
    }
    let first = match (currency(from), currency(to)) {
        // "$400-$450k" and "$400-450k" mean thousands both times.
        (Some(sign), _) => {
            let suffix = to.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
            let scaled = format!("{from}{suffix}");
            let same = from.ends_with(|c: char| c.is_ascii_digit()) && !suffix.is_empty();
            let to = to.trim_start_matches(sign.sign);
            let second = money(&format!("{}{to}", sign.sign))?;
            let first = if same { money(&scaled)? } else { money(from)? };
            return Some(joined(first, second));
        }
        _ => single(from)?,
    };
    Some(joined(first, single(to)?))
}

fn joined(mut first: Vec<String>, second: Vec<String>) -> Vec<String> {
    // "five dollars to ten dollars" is said "five to ten dollars".
    if first.last() == second.last() && 1 < first.len() {
        let unit = first.last().is_some_and(|w| CURRENCIES.iter().any(|c| c.many == w));
        if unit {
            first.pop();
        }
    }
    first.push("to".to_owned());
    first.extend(second);
    first
}

/// "$2,150.75", "$420k", "$500/month".
fn money(core: &str) -> Option<Vec<String>> {
    let currency = currency(core)?;
    let rest = &core[currency.sign.len_utf8()..];
    let (rest, per) = match rest.split_once('/') {
        Some((rest, per)) => (rest, Some(lexicon::per(per)?)),
        None => (rest, None),
    };
    let mut words = sum(rest, currency)?;
    if let Some(per) = per {
        words.extend(["per".to_owned(), per.to_owned()]);
    }
    Some(words)
}

fn sum(written: &str, currency: Currency) -> Option<Vec<String>> {
    let (written, scale) = scaled(written);
    let plus = written.strip_suffix('+');
    let number = Number::parse(plus.unwrap_or(written))?;
    let mut words = match (&number.fraction, scale) {
        (Some(cents), None) if cents.len() == 2 => {
            let count: u64 = cents.parse().ok()?;
            let unit = if count == 1 { currency.cent } else { currency.cents };
            let cents = [cardinal::cardinal(count), vec![unit.to_owned()]].concat();
            let whole = Number { fraction: None, ..number };
            let none = whole.whole.bytes().all(|digit| digit == b'0');
            match (none, count) {
                (true, 1..) => cents,
                (_, 0) => with_currency(&whole, currency),
                (false, _) => {
                    [with_currency(&whole, currency), vec!["and".to_owned()], cents].concat()
                }
            }
        }
        (_, Some(scale)) => {
            let unit = [scale.to_owned(), currency.many.to_owned()];
            [number.words(), unit.to_vec()].concat()
        }
        (_, None) => with_currency(&number, currency),
    };
    if plus.is_some() {
        words.push("plus".to_owned());
    }
    Some(words)
}

fn with_currency(number: &Number, currency: Currency) -> Vec<String> {
    let unit = if number.is_one() { currency.one } else { currency.many };
    [number.words(), vec![unit.to_owned()]].concat()
}

/// The number and the scale of "420k".
fn scaled(written: &str) -> (&str, Option<&'static str>) {
    let scales = [
        ("k", "thousand"),
        ("K", "thousand"),
        ("mm", "million"),
        ("MM", "million"),
        ("m", "million"),
        ("M", "million"),
        ("bn", "billion"),
        ("B", "billion"),
        ("b", "billion"),
    ];
    for (suffix, word) in scales {
        if let Some(rest) = written.strip_suffix(suffix) {
            return (rest, Some(word));
        }
    }
    (written, None)
}

/// "$2" before "million": the currency is said after the scale.
fn money_with_scale(context: &Context<'_>) -> Option<Vec<String>> {
    let currency = currency(context.core())?;
    let rest = &context.core()[currency.sign.len_utf8()..];
    english::is_scale(context.next()).then(|| Number::parse(rest).map(|number| number.words()))?
}

/// "6.5%", "5-10%".
fn percent(core: &str) -> Option<Vec<String>> {
    let number = core.strip_suffix('%')?;
    let words = match number.split_once(['-', '–']) {
        Some((from, to)) => joined(plain(from.trim_end_matches('%'))?, plain(to)?),
        None => plain(number).or_else(|| mixed(number))?,
    };
    Some([words, vec!["percent".to_owned()]].concat())
}

fn clock_in(context: &Context<'_>) -> Option<Vec<String>> {
    let half = context.next().to_lowercase().replace('.', "");
    clock(context.core(), !matches!(half.as_str(), "am" | "pm"))
}

/// "3:30", "3:30pm", "10am". A full hour alone is said with "o'clock".
fn clock(core: &str, alone: bool) -> Option<Vec<String>> {
    let lower = core.to_lowercase().replace('.', "");
    let half = ["am", "pm"].into_iter().find(|half| lower.ends_with(half));
    let time = half.map_or(lower.as_str(), |half| lower.trim_end_matches(half));
    let (hour, minute) = match time.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (hour, minute.parse::<u64>().ok()?),
        None if half.is_some() => (time, 0),
        _ => return None,
    };
    let hour: u64 = if hour.len() <= 2 { hour.parse().ok()? } else { return None };
    if 24 < hour || 59 < minute {
        return None;
    }
    let mut words = cardinal::cardinal(hour);
    match minute {
        0 if half.is_some() || !alone => {}
        0 if (1..=12).contains(&hour) => words.push("o'clock".to_owned()),
        0 => words.push("hundred".to_owned()),
        1..10 => words.extend([vec!["oh".to_owned()], cardinal::cardinal(minute)].concat()),
        _ => words.extend(cardinal::cardinal(minute)),
    }
    words.extend(half.into_iter().flat_map(str::chars).map(|c| c.to_uppercase().to_string()));
    Some(words)
}

/// "12/15/2024".
fn date(core: &str) -> Option<Vec<String>> {
    let parts: Vec<&str> = core.split('/').collect();
    let [month, day, year] = parts.as_slice() else { return None };
    let name = lexicon::month(month.parse().ok()?)?;
    let day: u64 = day.parse().ok().filter(|day| (1..=31).contains(day))?;
    let year: u64 = match year.len() {
        2 => 2000 + year.parse::<u64>().ok()?,
        4 => year.parse().ok()?,
        _ => return None,
    };
    Some([vec![name.to_owned()], cardinal::ordinal(day), cardinal::year(year)].concat())
}

/// "five five five, one two three, four five six seven".
fn phone(core: &str) -> Option<Vec<String>> {
    let groups: Vec<&str> = core.split(['-', '.', '(', ')']).filter(|g| !g.is_empty()).collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let digits = groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_digit()));
    let known = matches!(lengths.as_slice(), [3, 4] | [3, 3, 4] | [1, 3, 3, 4]);
    if !digits || !known || core.contains("..") {
        return None;
    }
    let mut words = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        words.extend(cardinal::digit_words(group));
        if let Some(last) = words.last_mut()
            && index + 1 < groups.len()
        {
            last.push(',');
        }
    }
    Some(words)
}

/// Digits that name something: an id, an area code before its number.
fn id(context: &Context<'_>) -> Option<Vec<String>> {
    let core = context.core().trim_start_matches('#');
    let digits = core.bytes().all(|b| b.is_ascii_digit() || b == b'-') && !core.is_empty();
    let area_code = context.lead().ends_with('(')
        && core.len() == 3
        && context.after_bracket().is_some_and(|next| phone(next).is_some());
    let long = ID_DIGITS <= core.len() && !core.contains('-');
    let named = 3 <= core.len() && lexicon::leads_to_id(context.before());
    (digits && (area_code || long || named)).then(|| cardinal::digit_words(core))
}

/// "#4", "NMLS#123456".
fn numbered(core: &str) -> Option<Vec<String>> {
    let (name, digits) = core.split_once('#')?;
    let number = Number::parse(digits).filter(|number| number.fraction.is_none())?;
    if name.is_empty() {
        return Some([vec!["number".to_owned()], number.words()].concat());
    }
    Some([english::alone(name), cardinal::digit_words(&number.whole)].concat())
}

fn fraction_in(context: &Context<'_>) -> Option<Vec<String>> {
    let (above, below) = parts_of_fraction(context.core())?;
    if context.next().eq_ignore_ascii_case("ARM") || below <= above {
        return Some([cardinal::cardinal(above), cardinal::cardinal(below)].concat());
    }
    if Number::parse(context.previous()).is_some() {
        return Some(after_whole(above, below));
    }
    Some(fraction(above, below))
}

fn parts_of_fraction(core: &str) -> Option<(u64, u64)> {
    let (above, below) = core.split_once('/')?;
    let small = |part: &str| {
        let fits = part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<u64>().ok().filter(|value| fits && 0 < *value)
    };
    Some((small(above)?, small(below)?))
}

/// "three quarters".
fn fraction(above: u64, below: u64) -> Vec<String> {
    let part = match below {
        2 => vec!["half".to_owned()],
        4 => vec!["quarter".to_owned()],
        below => cardinal::ordinal(below),
    };
    let part = if above == 1 { part } else { cardinal::plural(part) };
    [cardinal::cardinal(above), part].concat()
}

/// "and a half".
fn after_whole(above: u64, below: u64) -> Vec<String> {
    let part = match (above, below) {
        (1, 2) => vec!["a".to_owned(), "half".to_owned()],
        _ => fraction(above, below),
    };
    [vec!["and".to_owned()], part].concat()
}

/// "6½", "6-1/2", "½".
fn mixed(core: &str) -> Option<Vec<String>> {
    let (whole, parts) = match core.chars().last()? {
        sign @ ('½' | '¼' | '¾') => {
            let parts = match sign {
                '½' => (1, 2),
                '¼' => (1, 4),
                _ => (3, 4),
            };
            (core.trim_end_matches(sign), parts)
        }
        _ => {
            let (whole, rest) = core.split_once('-')?;
            (whole, parts_of_fraction(rest)?)
        }
    };
    if whole.is_empty() {
        return Some(fraction(parts.0, parts.1));
    }
    let whole = Number::parse(whole).filter(|number| number.fraction.is_none())?;
    Some([whole.words(), after_whole(parts.0, parts.1)].concat())
}

/// "21st", "1980s".
fn ordinal(core: &str) -> Option<Vec<String>> {
    let digits = core.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let value = Number::parse(digits)?.integer()?;
    match core[digits.len()..].to_lowercase().as_str() {
        "st" | "nd" | "rd" | "th" => Some(cardinal::ordinal(value)),
        "s" if YEARS.contains(&value) || value % 10 == 0 => {
            Some(cardinal::plural(cardinal::year(value)))
        }
        _ => None,
    }
}

/// A number that its neighbours make a day, a form or a quantity.
fn plain_in(context: &Context<'_>) -> Option<Vec<String>> {
    let core = context.core();
    let value = Number::parse(core)?.integer()?;
    let before = context.before().next().unwrap_or_default();
    if lexicon::is_month(before) && (1..=31).contains(&value) {
        return Some(cardinal::ordinal(value));
    }
    lexicon::is_counted(context.next()).then(|| cardinal::cardinal(value))
}

/// A number, a year or a form, perhaps with "k" or "+".
fn plain(core: &str) -> Option<Vec<String>> {
    if let Some(form) = lexicon::form(core) {
        return Some(form.split(' ').map(str::to_owned).collect());
    }
    let (written, scale) = match core.strip_suffix(['k', 'K']) {
        Some(written) => (written, Some("thousand")),
        None => (core, None),
    };
    if let Some(written) = written.strip_suffix('+') {
        return Some([plain(written)?, vec!["plus".to_owned()]].concat());
    }
    let number = Number::parse(written)?;
    let year = number.integer().filter(|value| {
        !number.grouped && scale.is_none() && written.len() == 4 && YEARS.contains(value)
    });
    let mut words = year.map_or_else(|| number.words(), cardinal::year);
    words.extend(scale.map(str::to_owned));
    Some(words)
}

/// "30yr", "1.5x".
fn with_unit(core: &str) -> Option<Vec<String>> {
    let number = core.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &core[number.len()..] {
        "x" => "times",
        unit => lexicon::unit(unit)?,
    };
    let words = Number::parse(number)?.words();
    Some(words.into_iter().chain(unit.split(' ').map(str::to_owned)).collect())
}
