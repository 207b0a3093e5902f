import assert from "node:assert/strict";
import { test } from "node:test";

import { Recent } from "../src/recent.js";

test("a name that was there lately is known, and the oldest is forgotten", () => {
  const recent = new Recent(2);
  assert.deepEqual(["a", "b", "a", "c", "b", "a"].map((name) => recent.add(name)), [true, true, false, true, false, true]);
});
