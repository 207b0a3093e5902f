import assert from "node:assert/strict";
import { test } from "node:test";

import { WatchEnded } from "../src/watch.js";
import { events, Stage } from "./stage.js";

test("a watch begins after the cursor it is given, with the other variables", async () => {
  const stage = new Stage();
  const watching = stage.watch({ after: "c7", variables: { where: { number: "1" } } });
  const told = events(watching, 1);
  const subscription = await stage.subscription(1);
  assert.equal(subscription.after, "c7");
  assert.deepEqual(subscription.request.variables.where, { number: "1" });
  subscription.tell(8);
  assert.deepEqual(await told, [8]);
});

test("it goes on after the last cursor, however the stream ends", async () => {
  const stage = new Stage();
  const watching = stage.watch();
  const told = events(watching, 4);
  const endings: unknown[] = [{ code: 1012, reason: "" }, new TypeError("fetch failed"), [internal()], undefined];
  for (const [index, ending] of endings.entries()) {
    const subscription = await stage.subscription(index + 1);
    assert.equal(subscription.after, `c${index}`);
    subscription.tell(index + 1);
    if (ending === undefined) subscription.sink.complete();
    else subscription.sink.error(ending);
  }
  assert.deepEqual(await told, [1, 2, 3, 4]);
  const next = events(watching, 1);
  const last = await stage.subscription(5);
  assert.equal(last.after, "c4");
  assert.deepEqual(stage.subscriptions.map((each) => each.isOver), [true, true, true, true, false]);
  last.tell(5);
  assert.deepEqual(await next, [5]);
});

test("a library that repeats the subscription by itself repeats it after the last cursor", async () => {
  const stage = new Stage();
  const told = events(stage.watch(), 2);
  const subscription = await stage.subscription(1);
  subscription.tell(1, 2);
  assert.equal(subscription.after, "c2");
  assert.deepEqual(await told, [1, 2]);
});

test("an event that comes twice is told once", async () => {
  const stage = new Stage();
  const told = events(stage.watch(), 4);
  (await stage.subscription(1)).tell(1, 2, 1, 2, 3);
  (await stage.subscription(1)).sink.error({ code: 1006, reason: "" });
  (await stage.subscription(2)).tell(2, 3, 4);
  assert.deepEqual(await told, [1, 2, 3, 4]);
});

test("the present is handed over when a cursor cannot be honoured, and the watch goes on from its cursor", async () => {
  const stage = new Stage();
  const watching = stage.watch();
  const first = watching.next();
  const present = { __typename: "ResyncRequired", cursor: "c70", order: { number: "1" } };
  (await stage.subscription(1)).send(present);
  assert.deepEqual(await first, { value: present, done: false });
  const told = events(watching, 1);
  (await stage.subscription(1)).sink.complete();
  const second = await stage.subscription(2);
  assert.equal(second.after, "c70");
  second.tell(71);
  assert.deepEqual(await told, [71]);
});

test("messages without an id are all told: they are no events", async () => {
  const stage = new Stage();
  const watching = stage.watch();
  const first = watching.next();
  (await stage.subscription(1)).send({ cursor: "c1", availability: [1] });
  (await stage.subscription(1)).send({ cursor: "c1", availability: [2] });
  assert.deepEqual((await first).value, { cursor: "c1", availability: [1] });
  assert.deepEqual((await watching.next()).value, { cursor: "c1", availability: [2] });
});

test("an event that could not be told whole is asked for again", async () => {
  const stage = new Stage();
  const told = events(stage.watch(), 2);
  const first = await stage.subscription(1);
  first.tell(1);
  const half = { ordersChanged: { cursor: "c2", event: { id: "event_2", order: null } } };
  first.sink.next({ data: half, errors: [internal()] });
  first.tell(3);
  const second = await stage.subscription(2);
  assert.equal(second.after, "c1");
  second.tell(2);
  assert.deepEqual(await told, [1, 2]);
});

for (const [what, reason] of [
  ["a message that is too big", { code: 1009, reason: "message too big" }],
  ["a message of a wrong form", { code: 4400, reason: "Bad" }],
  ["missing credentials", { code: 4401, reason: "Unauthorized" }],
  ["wrong or expired credentials", { code: 4403, reason: "Forbidden" }],
  ["another protocol", { code: 4406, reason: "" }],
  ["an answer that credentials are wrong", Object.assign(new Error("401"), { response: { status: 401 } })],
  ["an error of the document", [{ message: "No such field.", extensions: { code: "BAD_REQUEST" } }]],
  ["a document that asks for too much", [{ message: "Too deep.", extensions: { code: "LIMIT" } }]],
  ["an error without a code", [{ message: "Who knows." }]],
  ["a refusal beside a failure", [internal(), { message: "No.", extensions: { code: "FORBIDDEN" } }]],
] as const) {
  test(`${what} ends a watch for good, with the cursor to go on from`, async () => {
    const stage = new Stage();
    const watching = stage.watch();
    const told = events(watching, 1);
    const subscription = await stage.subscription(1);
    subscription.tell(1);
    await told;
    subscription.sink.error(reason);
    await assert.rejects(watching.next(), (error: WatchEnded) => {
      assert.ok(error instanceof WatchEnded);
      assert.deepEqual([error.reason, error.after], [reason, "c1"]);
      return true;
    });
    assert.equal(stage.subscriptions.length, 1);
    assert.ok(subscription.isOver);
  });
}

for (const [what, reason] of [
  ["a restart of the server", { code: 1012, reason: "Service Restart" }],
  ["a server that is busy", { code: 1013, reason: "" }],
  ["a lost connection", { code: 1006, reason: "" }],
  ["a connection given up", { code: 4499, reason: "Terminated" }],
  ["an init that took too long", { code: 4408, reason: "" }],
  ["a code that we do not know", { code: 4999, reason: "" }],
  ["a refused connection", new Error("connect ECONNREFUSED")],
  ["an event of a browser that says nothing", {}],
  ["an answer that the server is busy", Object.assign(new Error("503"), { response: { status: 503 } })],
  ["an answer that it was too often", Object.assign(new Error("429"), { response: { status: 429 } })],
  ["a failure of the server", [internal()]],
  ["too many streams", [{ message: "Too many.", extensions: { code: "LIMIT", retryAfter: 9 } }]],
] as const) {
  test(`${what} is gone over`, async () => {
    const stage = new Stage();
    const cuts: unknown[] = [];
    const told = events(stage.watch({ onCut: (cut) => cuts.push(cut) }), 1);
    (await stage.subscription(1)).sink.error(reason);
    (await stage.subscription(2)).tell(1);
    assert.deepEqual(await told, [1]);
    assert.deepEqual(cuts, [reason]);
  });
}

for (const [what, message] of [
  ["no cursor", { event: { id: "event_1" } }],
  ["an event without its id", { cursor: "c1", event: {} }],
  ["nothing", null],
] as const) {
  test(`a subscription that selects ${what} is refused, for it could not go on`, async () => {
    const stage = new Stage();
    const next = stage.watch().next();
    (await stage.subscription(1)).send(message);
    await assert.rejects(next, { name: "WatchEnded", message: "Select `cursor`, and of events `event { id }`." });
  });
}

test("pauses grow with each failure up to the most, at random, and are short again after a message", async () => {
  const stage = new Stage();
  const pauses: number[] = [];
  const limits = { least: 4, most: 10, random: () => 0.5 };
  const watching = stage.watch({ pauses: limits, onCut: (_, ms) => pauses.push(ms) });
  const told = events(watching, 1);
  for (const number of [1, 2, 3, 4]) (await stage.subscription(number)).sink.error({ code: 1006, reason: "" });
  const fifth = await stage.subscription(5);
  fifth.tell(1);
  fifth.sink.error({ code: 1006, reason: "" });
  await told;
  const next = events(watching, 1);
  (await stage.subscription(6)).tell(2);
  await next;
  assert.deepEqual(pauses, [2, 4, 5, 5, 2]);
});

test("a reader that is too slow is served from memory, and the stream goes on when it has caught up", async () => {
  const stage = new Stage();
  const watching = stage.watch();
  const first = events(watching, 1);
  const subscription = await stage.subscription(1);
  subscription.tell(1);
  await first;
  const many = Array.from({ length: 1_200 }, (_, index) => index + 2);
  subscription.tell(...many);
  assert.ok(subscription.isOver);
  assert.deepEqual(await events(watching, 1_000), many.slice(0, 1_000));
  const next = events(watching, 1);
  const second = await stage.subscription(2);
  assert.equal(second.after, "c1001");
  second.tell(1_002);
  assert.deepEqual(await next, [1_002]);
});

test("a signal ends a watch that waits, quietly, and nothing is told after it", async () => {
  const stage = new Stage();
  const controller = new AbortController();
  const next = stage.watch({ signal: controller.signal }).next();
  const subscription = await stage.subscription(1);
  controller.abort();
  subscription.tell(1);
  assert.deepEqual(await next, { value: undefined, done: true });
  assert.ok(subscription.isOver);
});

test("a signal ends a watch that pauses", async () => {
  const stage = new Stage();
  const controller = new AbortController();
  const limits = { least: 1_000_000, most: 1_000_000, random: () => 1 };
  const onCut = () => setImmediate(() => controller.abort());
  const next = stage.watch({ signal: controller.signal, pauses: limits, onCut }).next();
  (await stage.subscription(1)).sink.complete();
  assert.deepEqual(await next, { value: undefined, done: true });
  assert.equal(stage.subscriptions.length, 1);
});

test("a signal that was given before lets nothing begin", async () => {
  const stage = new Stage();
  assert.deepEqual(await stage.watch({ signal: AbortSignal.abort() }).next(), { value: undefined, done: true });
  assert.equal(stage.subscriptions.length, 0);
});

test("leaving the loop ends the subscription", async () => {
  const stage = new Stage();
  const watching = stage.watch();
  const first = events(watching, 1);
  const subscription = await stage.subscription(1);
  subscription.tell(1);
  await first;
  await watching.return();
  assert.ok(subscription.isOver);
});

function internal(): object {
  return { message: "Something went wrong on our side.", extensions: { code: "INTERNAL" } };
}
