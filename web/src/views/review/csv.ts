import { KPIS } from "./catalogue";
import type { KpiResult } from "./kpis";

const HEAD = ["kpi", "value", "unit", "target_min", "target_max", "target_met", "reason", "caution", "formula"];

/** The numbers as a table for spreadsheets (RFC 4180): a line for each, named by its path, with what it was computed by. */
export function csvOf(result: KpiResult): string {
  const formulas = result.text("version") ?? "";
  const rows = KPIS.flatMap(({ path, unit }) => {
    const value = result.number(path);
    if (value === undefined) return [];
    const target = result.target(path);
    const { min = null, max = null, met = null } = target ?? {};
    return [[path, value, unit, min, max, met, result.reason(path), result.caution(path), `${formulas}#${path}`]];
  });
  return [HEAD, ...rows].map((row) => row.map(cell).join(",") + "\r\n").join("");
}

function cell(value: string | number | boolean | null): string {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
