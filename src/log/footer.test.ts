import { expect, test } from "vitest";
import { sinkWithFooter } from "./footer.js";

const ERASE = "\r\u001b[K";

/** A sink as a terminal sees it, whose reader falls behind when the test says so. */
const terminal = () => {
  const state = { text: "", behind: false };
  const sink = sinkWithFooter({
    write: (text) => (state.text += text),
    flush: () => Promise.resolve(),
    get behind() {
      return state.behind;
    },
  });
  const taken = (): string => {
    const { text } = state;
    state.text = "";
    return text;
  };
  return { sink, state, taken };
};

test("without a line to show, what is written stays as it is", () => {
  const { sink, taken } = terminal();
  sink.write("a\n");
  sink.show("");
  expect(taken()).toBe("a\n");
});

test("what is written goes above the line, in one write", () => {
  const { sink, taken } = terminal();
  sink.show("idle");
  sink.write("a\n");
  expect(taken()).toBe(`idle${ERASE}a\nidle`);
});

test("the line is drawn when it has changed, and gone without a trace at the end", () => {
  const { sink, taken } = terminal();
  sink.show("idle");
  sink.show("idle");
  sink.show("running");
  expect(taken()).toBe(`idle${ERASE}running`);
  sink.show("");
  sink.write("a\n");
  expect(taken()).toBe(`${ERASE}a\n`);
});

test("while the output is not read, lines wait and drawings do not; then the line is drawn again", () => {
  const { sink, state, taken } = terminal();
  sink.show("idle");
  state.behind = true;
  sink.show("running");
  sink.write("a\n");
  sink.write("b\n");
  sink.show("running");
  state.behind = false;
  sink.show("running");
  expect(taken()).toBe(`idle${ERASE}a\nb\nrunning`);
});
