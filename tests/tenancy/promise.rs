//! `matrix.txt`: who may do what to whose rows, written by hand.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::world::ASKERS;

const TEXT: &str = include_str!("matrix.txt");

/// What one asker may do: the letters of the rows that are in reach, `.` for none.
pub(crate) type Cell = String;

/// What is asked: a table and a verb, or a function of the store.
pub(crate) type Line = (String, String);

/// The cells of each line, in the order of [`ASKERS`].
#[derive(Debug, Default)]
pub(crate) struct Matrix {
    lines: Vec<(Line, Vec<Cell>)>,
}

impl Matrix {
    /// What the file promises of one kind of lines: "call" and the other functions of the store, or
    /// the tables.
    pub(crate) fn promised(wanted: fn(&str) -> bool) -> Self {
        let mut rows = TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let header: Vec<&str> = rows.next().unwrap().split_whitespace().collect();
        assert_eq!(header, ASKERS.map(|asker| asker.column));
        let lines = rows.map(|row| {
            let mut words = row.split_whitespace().map(str::to_owned);
            let line = (words.next().unwrap(), words.next().expect("a verb"));
            let cells: Vec<Cell> = words.collect();
            assert_eq!(cells.len(), ASKERS.len(), "cells of {line:?}");
            (line, cells)
        });
        Self { lines: lines.filter(|((name, _), _)| wanted(name)).collect() }
    }

    /// Notes what was found.
    pub(crate) fn push(&mut self, line: (&str, &str), cells: Vec<Cell>) {
        self.lines.push(((line.0.to_owned(), line.1.to_owned()), cells));
    }

    /// As in the file.
    pub(crate) fn text(&self) -> String {
        let mut text = row(("", ""), &ASKERS.map(|asker| asker.column.to_owned()));
        let mut before = "";
        for ((name, verb), cells) in &self.lines {
            // Functions of the store are a line each.
            if name != before && !name.contains("::") {
                text.push('\n');
            }
            before = name;
            text.push_str(&row((name, verb), cells));
        }
        text
    }

    /// Where two differ, in words; what only one of them has is a difference too.
    pub(crate) fn differences(promised: &Self, found: &Self) -> Vec<String> {
        let [promised, found] = [promised, found]
            .map(|matrix| matrix.lines.iter().cloned().collect::<BTreeMap<Line, Vec<Cell>>>());
        let mut differences = Vec::new();
        for (line @ (name, verb), cells) in &found {
            let Some(promise) = promised.get(line) else {
                differences.push(format!("{name} {verb}: nothing is promised of it"));
                continue;
            };
            for ((cell, promise), asker) in cells.iter().zip(promise).zip(ASKERS) {
                if cell != promise {
                    let column = asker.column;
                    differences
                        .push(format!("{name} {verb} as {column}: promised {promise}, is {cell}"));
                }
            }
        }
        for line @ (name, verb) in promised.keys() {
            if !found.contains_key(line) {
                differences.push(format!("{name} {verb}: promised, and not there"));
            }
        }
        differences
    }
}

fn row((name, verb): (&str, &str), cells: &[Cell]) -> String {
    let mut text = format!("{name:<24} {verb:<8}");
    for cell in cells {
        write!(text, " {cell:<11}").unwrap();
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
