import { expect, it } from "vitest";

import { browserKind } from "./browser";

const kind = (userAgent: string, maxTouchPoints = 0) => browserKind({ userAgent, maxTouchPoints });

it("tells browsers apart", () => {
  const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
  const mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15";
  expect(kind(`Mozilla/5.0 (X11; Linux x86_64) ${webkit} Chrome/131.0.0.0 Safari/537.36`)).toBe("chromium");
  expect(kind(`Mozilla/5.0 (Windows NT 10.0) ${webkit} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0`)).toBe("chromium");
  expect(kind(`Mozilla/5.0 (Linux; Android 10; K) ${webkit} Chrome/131.0.0.0 Mobile Safari/537.36`, 5)).toBe("chromium_android");
  expect(kind("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0")).toBe("firefox");
  expect(kind(mac)).toBe("safari");
  expect(kind(mac, 5)).toBe("safari_ios");
  expect(kind("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 CriOS/131.0 Mobile/15E148 Safari/604.1", 5)).toBe("safari_ios");
  expect(kind("curl/8.1")).toBe("other");
});
