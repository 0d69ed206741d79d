import { expect, it } from "vitest";

import { paragraphsOf } from "./paragraphs";

it("joins lines, and parts paragraphs at empty ones", () => {
  expect(paragraphsOf("An inbound\ncall.\n  \nFind out\twho.\n")).toEqual(["An inbound call.", "Find out who."]);
  expect(paragraphsOf(" \n\n ")).toEqual([]);
});
