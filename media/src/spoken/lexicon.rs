//! English abbreviations, letter words and the words that decide how a number is read.

/// Short forms that count with or without their full stop, lower case, and how they are said.
const SHORT: &[(&str, &str)] = &[
    ("mr", "Mister"),
    ("mrs", "Missus"),
    ("ms", "Miz"),
    ("vs", "versus"),
    ("etc", "et cetera"),
    ("e.g", "for example"),
    ("eg", "for example"),
    ("i.e", "that is"),
    ("ie", "that is"),
    ("approx", "approximately"),
    ("dept", "department"),
    ("blvd", "Boulevard"),
    ("jr", "Junior"),
    ("sr", "Senior"),
    ("corp", "Corporation"),
    ("ltd", "Limited"),
    ("ave", "Avenue"),
    ("w/", "with"),
    ("w/o", "without"),
    ("401k", "four oh one k"),
    ("401(k", "four oh one k"),
];

/// Short forms that are words of their own without the full stop.
const SHORT_DOTTED: &[(&str, &str)] = &[
    ("prof", "Professor"),
    ("gov", "Governor"),
    ("sen", "Senator"),
    ("rev", "Reverend"),
    ("inc", "Incorporated"),
    ("co", "Company"),
    ("rd", "Road"),
    ("ln", "Lane"),
    ("apt", "apartment"),
    ("est", "established"),
    ("ext", "extension"),
    ("jan", "January"),
    ("feb", "February"),
    ("apr", "April"),
    ("aug", "August"),
    ("sep", "September"),
    ("sept", "September"),
    ("oct", "October"),
    ("nov", "November"),
    ("dec", "December"),
];

/// Units after a number.
const UNITS: &[(&str, &str)] = &[
    ("bps", "basis points"),
    ("ft", "feet"),
    ("hr", "hours"),
    ("hrs", "hours"),
    ("kg", "kilograms"),
    ("km", "kilometers"),
    ("lb", "pounds"),
    ("lbs", "pounds"),
    ("mi", "miles"),
    ("min", "minutes"),
    ("mins", "minutes"),
    ("mo", "months"),
    ("mos", "months"),
    ("mph", "miles per hour"),
    ("pts", "points"),
    ("sec", "seconds"),
    ("secs", "seconds"),
    ("sqft", "square feet"),
    ("wk", "weeks"),
    ("wks", "weeks"),
    ("yr", "years"),
    ("yrs", "years"),
];

/// What an amount can be paid by: "$500/mo".
const PER: &[(&str, &str)] = &[
    ("day", "day"),
    ("hour", "hour"),
    ("hr", "hour"),
    ("mo", "month"),
    ("month", "month"),
    ("week", "week"),
    ("wk", "week"),
    ("year", "year"),
    ("yr", "year"),
];

/// Words in capitals that are said letter by letter although they could be read.
const SPELLED: &[&str] = &[
    "AI", "API", "APR", "APY", "ATM", "CEO", "CFO", "CPA", "DTI", "EU", "FBI", "FHA", "FAQ", "HOA",
    "ID", "IRA", "IRS", "LE", "LLC", "LO", "LOE", "MI", "MIP", "MLO", "NMLS", "PMI", "PO", "REO",
    "SUV", "UAE", "UFMIP", "UK", "US", "USA", "USDA", "VA", "VIP", "VOE", "VP",
];

/// Words that look like letters and are not.
const READ: &[&str] = &["MR", "MRS", "DR", "HMM", "MM", "SHH", "PSST", "NTH"];

/// Forms of the trade that are called by their number.
const FORMS: &[(&str, &str)] = &[
    ("1003", "ten oh three"),
    ("1040", "ten forty"),
    ("1098", "ten ninety eight"),
    ("1099", "ten ninety nine"),
];

/// First words of short forms that never end a sentence.
const LEADING_ON: &[&str] = &[
    "Mister",
    "Missus",
    "Miz",
    "Doctor",
    "Saint",
    "Professor",
    "Governor",
    "Senator",
    "Reverend",
    "number",
    "versus",
    "for",
    "that",
    "approximately",
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Words after a number that make it a quantity, even one that looks like a year.
const COUNTED: &[&str] = &[
    "basis", "bps", "dollars", "euros", "feet", "ft", "hours", "miles", "months", "people",
    "points", "pounds", "sq", "sqft", "square", "units",
];

/// What an id may stand after.
const ID_KEYS: &[&str] = &[
    "account",
    "code",
    "ext",
    "extension",
    "id",
    "licence",
    "license",
    "nmls",
    "passcode",
    "ssn",
    "zip",
];

/// What may stand between such a word and the id.
const ID_FILLERS: &[&str] = &["#", "no", "number", "is", "it's", "ending", "in", "the", ""];

fn find(table: &[(&str, &'static str)], word: &str) -> Option<&'static str> {
    table.iter().find(|(written, _)| *written == word).map(|(_, said)| *said)
}

/// How an abbreviation is said; `dotted` where a full stop follows.
pub(super) fn short_form(word: &str, dotted: bool) -> Option<&'static str> {
    let lower = word.to_lowercase();
    find(SHORT, &lower)
        .or_else(|| if dotted { find(SHORT_DOTTED, &lower) } else { None })
        .filter(|_| !is_spelled(word))
}

/// Whether a short form, by its first word, is always followed by more of its sentence.
pub(super) fn leads_on(word: &str) -> bool {
    LEADING_ON.contains(&word) || MONTHS.contains(&word)
}

/// How a unit is said after a number.
pub(super) fn unit(word: &str) -> Option<&'static str> {
    find(UNITS, &word.to_lowercase())
}

/// "month" for "mo".
pub(super) fn per(word: &str) -> Option<&'static str> {
    find(PER, &word.to_lowercase())
}

/// "ten ninety nine" for "1099".
pub(super) fn form(digits: &str) -> Option<&'static str> {
    find(FORMS, digits)
}

/// Whether a word in capitals is said letter by letter.
pub(super) fn is_spelled(word: &str) -> bool {
    let capitals = 2 <= word.len() && word.bytes().all(|b| b.is_ascii_uppercase());
    let readable = word.bytes().any(|b| b"AEIOUY".contains(&b));
    capitals && !READ.contains(&word) && (!readable || SPELLED.contains(&word))
}

/// The name of a month by its number, from 1.
pub(super) fn month(number: u64) -> Option<&'static str> {
    let index = usize::try_from(number.checked_sub(1)?).ok()?;
    MONTHS.get(index).copied()
}

/// Whether a word names a month, whole or cut short.
pub(super) fn is_month(word: &str) -> bool {
    let lower = word.to_lowercase();
    MONTHS.iter().any(|month| month.eq_ignore_ascii_case(word))
        || (find(SHORT_DOTTED, &lower).is_some_and(|said| MONTHS.contains(&said)))
}

/// Whether a word says that the number before it counts something.
pub(super) fn is_counted(word: &str) -> bool {
    COUNTED.contains(&word.to_lowercase().as_str())
}

/// Whether these words, the last one first, lead to an id.
pub(super) fn leads_to_id<'a>(before: impl Iterator<Item = &'a str>) -> bool {
    for word in before.take(5) {
        let lower = word.to_lowercase();
        let bare = lower.trim_end_matches('#');
        if ID_KEYS.contains(&bare) {
            return true;
        }
        if !ID_FILLERS.contains(&bare) {
            return false;
        }
    }
    false
}
