// Every sentence of the page. A view has a file of its own here; another language is another folder of the same shape.
import { account } from "./account";
import { call } from "./call";
import { common } from "./common";
import { devices } from "./devices";
import { manage } from "./manage";
import { practice } from "./practice";
import { review } from "./review";
import { shell } from "./shell";

export const strings = {
  /** What numbers and dates are written for. */
  locale: "en-US",
  direction: "ltr" as "ltr" | "rtl",
  common,
  shell,
  account,
  practice,
  devices,
  call,
  review,
  manage,
};
