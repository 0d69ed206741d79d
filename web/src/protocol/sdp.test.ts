import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, it } from "vitest";

import { Malformed } from "./reading";
import { candidatesOf, fragmentOf, withIceOf, withoutUdp } from "./sdp";

const FRAGMENT = readFileSync(fileURLToPath(new URL("../../../tests/protocol/webrtc/candidates.sdpfrag", import.meta.url)), "utf8");

const lines = (...all: string[]) => [...all, ""].join("\r\n");

const OFFER = lines(
  "v=0",
  "a=group:BUNDLE 0 1",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "a=candidate:1 1 udp 2122260223 192.0.2.10 50000 typ host generation 0",
  "a=candidate:2 1 tcp 1518280447 192.0.2.10 9 typ host tcptype active generation 0",
  "a=mid:0",
  "a=ice-ufrag:EsAw",
  "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
  "a=mid:1",
  "a=ice-ufrag:EsAw",
  "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
);

const UDP = "candidate:1 1 udp 2122260223 192.0.2.10 50000 typ host generation 0";

it("makes the fragment of the protocol's sample", () => {
  const made = fragmentOf(OFFER, [UDP], true).split("\r\n").filter((line) => line !== "" && line !== "a=ice-options:trickle");
  expect(made).toEqual(FRAGMENT.split(/\r?\n/u).filter((line) => line !== ""));
});

it("says that no more come only when that is so", () => {
  expect(fragmentOf(OFFER, [], false)).not.toContain("end-of-candidates");
});

it("names each candidate once", () => {
  expect(candidatesOf(lines(`a=${UDP}`, "a=mid:0", `a=${UDP}`))).toEqual([UDP]);
});

it("puts a fragment's ICE into every section, and its candidates into the first", () => {
  const restarted = withIceOf(OFFER, lines("a=ice-ufrag:new", "a=ice-pwd:secret", "a=candidate:9 1 udp 1 198.51.100.1 40000 typ host"));
  expect(restarted).toBe(
    lines(
      "v=0",
      "a=group:BUNDLE 0 1",
      "m=audio 9 UDP/TLS/RTP/SAVPF 111",
      "a=mid:0",
      "a=candidate:9 1 udp 1 198.51.100.1 40000 typ host",
      "a=end-of-candidates",
      "a=ice-ufrag:new",
      "a=ice-pwd:secret",
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
      "a=mid:1",
      "a=ice-ufrag:new",
      "a=ice-pwd:secret",
    ),
  );
});

it("takes no fragment without a password", () => {
  expect(() => withIceOf(OFFER, lines("a=ice-ufrag:new"))).toThrow(Malformed);
});

it("leaves TCP alone, whatever case UDP is written in", () => {
  const left = withoutUdp(lines("v=0", "a=candidate:1 1 UDP 1 a 1 typ host", "a=candidate:2 1 tcp 1 a 9 typ host tcptype passive"));
  expect(left).toBe(lines("v=0", "a=candidate:2 1 tcp 1 a 9 typ host tcptype passive"));
});
