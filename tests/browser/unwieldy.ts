/**
 * Texts that break layouts.
 * @module
 */
export const UNWIELDY: readonly string[] = [
  "w".repeat(2_000),
  `https://example.com/${"path/".repeat(100)}`,
  "\u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}".repeat(40),
  "\u05E9\u05DC\u05D5\u05DD, \u05DE\u05D4 \u05E0\u05E9\u05DE\u05E2? (1, 2, 3) abc",
  "\u202Eright to left override, never ended",
  `zalgo ${"e\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308".repeat(20)}`,
];
