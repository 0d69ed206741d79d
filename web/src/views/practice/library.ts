import type { Scenario } from "../../api/scenarios";

/** What the library is narrowed to, as its address says it. */
export interface LibraryChoice {
  difficulty: string;
  language: string;
  /** The id of a criterion. */
  skill: string;
}

/** A value to narrow by, and its name. */
export interface Option {
  value: string;
  name: string;
}

/** What may be narrowed by; a list is empty where it would make no difference. */
export interface LibraryOptions {
  difficulties: string[];
  languages: string[];
  skills: Option[];
}

const FROM_EASY = ["easy", "medium", "hard"];

/** How many criteria tell what a scenario trains. */
const TOLD_SKILLS = 3;

/** Reads an address. */
export function readLibrary(address: URLSearchParams): LibraryChoice {
  const read = (name: keyof LibraryChoice) => address.get(name) ?? "";
  return { difficulty: read("difficulty"), language: read("language"), skill: read("skill") };
}

/** The scenarios that fit. */
export function fitting(scenarios: readonly Scenario[], { difficulty, language, skill }: LibraryChoice): Scenario[] {
  return scenarios.filter(
    (scenario) =>
      (difficulty === "" || scenario.difficulty === difficulty) &&
      (language === "" || scenario.language === language) &&
      (skill === "" || scenario.rubric.some(({ id }) => id === skill)),
  );
}

/** The easy ones first, else in their order; those of a difficulty that is not known last. */
export function fromEasy(scenarios: readonly Scenario[]): Scenario[] {
  const rank = ({ difficulty }: Scenario) => {
    const at = FROM_EASY.indexOf(difficulty);
    return at < 0 ? FROM_EASY.length : at;
  };
  return [...scenarios].sort((a, b) => rank(a) - rank(b));
}

/** What these scenarios differ in. */
export function optionsOf(scenarios: readonly Scenario[]): LibraryOptions {
  const difficulties = distinct(fromEasy(scenarios).map(({ difficulty }) => difficulty));
  const languages = distinct(scenarios.map(({ language }) => language));
  const criteria = scenarios.flatMap(({ rubric }) => rubric);
  const skills = distinct(criteria.map(({ id }) => id))
    // What every call trains narrows nothing.
    .filter((skill) => !scenarios.every(({ rubric }) => rubric.some(({ id }) => id === skill)))
    .map((value) => ({ value, name: criteria.find(({ id }) => id === value)?.title ?? value }));
  return {
    difficulties: several(difficulties),
    languages: several(languages).sort(),
    skills,
  };
}

/** What a scenario trains most: its criteria of the greatest weight. */
export function trainedBy({ rubric }: Scenario): string[] {
  const heaviest = [...rubric].sort((a, b) => b.weight - a.weight);
  return heaviest.slice(0, TOLD_SKILLS).map(({ title }) => title);
}

const distinct = (values: string[]) => [...new Set(values)];

const several = (values: string[]) => (values.length < 2 ? [] : values);
