//! Turns to measure with: 60 written by hand, and as many as wanted made by chance from a seed.

/// What one rep says, in turns.
pub(crate) struct Rep {
    pub(crate) turns: Vec<Turn>,
}

/// A turn: runs of words, each with the silence after it. The last silence is the turn's end.
pub(crate) struct Turn {
    pub(crate) runs: Vec<(Vec<String>, u64)>,
}

impl Turn {
    /// Reads "words and [400] words".
    fn parse(line: &str) -> Self {
        let mut runs = vec![(Vec::new(), 0)];
        for token in line.split_whitespace() {
            let pause = token.strip_prefix('[').and_then(|token| token.strip_suffix(']'));
            let last = runs.last_mut().expect("there is always one");
            match pause {
                Some(pause) => {
                    last.1 = pause.parse().expect("a pause is a number of milliseconds");
                    runs.push((Vec::new(), 0));
                }
                None => last.0.push(token.to_owned()),
            }
        }
        Self { runs }
    }

    pub(crate) fn first_words(&self, count: usize) -> String {
        let words = self.runs.iter().flat_map(|(run, _)| run).map(String::as_str);
        words.take(count).collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn pauses(&self) -> impl Iterator<Item = u64> {
        self.runs[..self.runs.len() - 1].iter().map(|(_, pause)| *pause)
    }
}

/// The turns of `turns.txt`.
pub(crate) fn by_hand() -> Vec<Rep> {
    let mut reps: Vec<Rep> = Vec::new();
    for line in include_str!("turns.txt").lines() {
        if line.starts_with("rep ") {
            reps.push(Rep { turns: Vec::new() });
        } else if !line.is_empty() && !line.starts_with('#') {
            reps.last_mut().expect("a rep comes first").turns.push(Turn::parse(line));
        }
    }
    reps
}

/// Turns with the places where a rep may pause: `|` anywhere, `~` where one thinks.
const PATTERNS: [&str; 34] = [
    // One word, or hardly more.
    "yes",
    "no",
    "correct",
    "okay",
    "that one",
    "I think so",
    // Questions.
    "what brings you in today",
    "how soon do you need to move",
    "so tell me | what is most important to you",
    "have you talked to another lender | or are we the first",
    "what would you do | with the money you save",
    "you are at seven percent now | right",
    "I can have that tomorrow | would that work for you",
    // Dictated numbers.
    "my number is area code | five oh three | five five five | oh one three four",
    "you can reach me at | five five five | oh one seven two",
    "the rate would be six point | eight seven five",
    "the payment comes to | nineteen hundred and | forty two dollars",
    "my email is | dana at | summit lending dot com",
    // Open ends.
    "we look at your income and | your debts and | what you have saved",
    "the way it works is | we lock the rate | so ~ it can not go up on you",
    "it depends on the | appraisal and um ~ on your credit",
    "I would say | that you are in good shape",
    "well um ~ let me see ~ the closing costs are about four thousand",
    "if you lock today | you have sixty days to close",
    // Lists.
    "we have fixed | adjustable | and interest only",
    "there are two options | you can pay the points | or take the higher rate",
    "I will need your pay stubs | two years of tax returns | bank statements",
    "that covers the taxes | the insurance | the association dues",
    // Statements, some of several sentences.
    "I understand | a lot of people feel that way",
    "that is a fair question | let me walk you through it",
    "I can send you the estimate this afternoon",
    "we close in about three weeks | sometimes faster | it is up to the appraiser",
    "you are not paying me anything | the bank pays me | when the loan closes",
    "I hear that a lot | and honestly ~ it is a good instinct",
];

/// How many turns a generated rep has, as in a call of a quarter of an hour.
const TURNS_OF_A_REP: usize = 30;

/// Silent pauses of spontaneous speech come in three kinds, brief (below 200 ms), medium (200 to
/// 1,000 ms) and long, and within a kind are normal on a scale of logarithms (Campione and Véronis,
/// Speech Prosody 2002, some 6,000 pauses in five languages); a typical one lasts a quarter to half
/// a second, and lengths differ greatly between speakers (Lundholm Fors, Gothenburg 2015). Hence a
/// median for each rep, spread around 380 ms. The widths and the share of long pauses are ours.
const MEDIAN_MS: f64 = 380.0;
const WIDTH_BETWEEN_REPS: f64 = 0.35;
const WIDTH_OF_A_REP: f64 = 0.5;
const THINKING_FACTOR: f64 = 1.6;
const PAUSES_PER_100: u64 = 65;
const LONG_PER_100: u64 = 6;
const LONG_MS: (u64, u64) = (1_000, 2_400);

/// Turns made by chance: the same for the same seed.
pub(crate) fn generated(reps: usize, seed: u64) -> Vec<Rep> {
    let mut chance = Chance(seed);
    (0..reps)
        .map(|_| {
            let median = MEDIAN_MS * (WIDTH_BETWEEN_REPS * chance.normal()).exp();
            let turns = (0..TURNS_OF_A_REP).map(|_| turn(&mut chance, median)).collect();
            Rep { turns }
        })
        .collect()
}

fn turn(chance: &mut Chance, median: f64) -> Turn {
    let pattern = PATTERNS[chance.below(PATTERNS.len() as u64) as usize];
    let mut runs = vec![(Vec::new(), 0)];
    for token in pattern.split_whitespace() {
        let factor = match token {
            "|" => 1.0,
            "~" => THINKING_FACTOR,
            word => {
                runs.last_mut().expect("there is always one").0.push(word.to_owned());
                continue;
            }
        };
        let lasts = (factor * median * (WIDTH_OF_A_REP * chance.normal()).exp()) as u64;
        let long = chance.below(100) < LONG_PER_100;
        let lasts = if long { chance.between(LONG_MS) } else { lasts };
        if chance.below(100) < PAUSES_PER_100 {
            runs.last_mut().expect("there is always one").1 = lasts;
            runs.push((Vec::new(), 0));
        }
    }
    Turn { runs }
}

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn between(&mut self, (low, high): (u64, u64)) -> u64 {
        low + self.below(high - low)
    }

    /// Nearly normal: the sum of twelve even chances.
    fn normal(&mut self) -> f64 {
        let even = |chance: u64| (chance >> 11) as f64 / (1_u64 << 53) as f64;
        (0..12).map(|_| even(self.next())).sum::<f64>() - 6.0
    }
}
