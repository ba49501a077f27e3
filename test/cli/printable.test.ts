import { describe, expect, it } from "vitest"
import { json, prettyJson, printable } from "../../src/adapters/cli/printable.ts"

describe("what the command line prints", () => {
  it.each([
    ["a terminal escape", "\u001b[2J\u001b]0;owned\u0007", "\\u001b[2J\\u001b]0;owned\\u0007"],
    ["an escape of one byte", "\u009b2J", "\\u009b2J"],
    ["a second line", "no\njaego: all is well\r", "no\\njaego: all is well\\r"],
    ["a direction mark", "ab\u202egpj.exe", "ab\\u202egpj.exe"],
    ["a mark beyond the first plane", "\u{e0041}", "\\udb40\\udc41"],
    ["half of a pair", "\ud83d!", "\\ud83d!"],
    ["a line separator", "a\u2028b", "a\\u2028b"],
  ])("shows %s instead of obeying it", (_, text, shown) => {
    expect(printable(text)).toBe(shown)
    expect(JSON.parse(json({ [text]: text }))).toEqual({ [text]: text })
    expect(json(text)).toBe(`"${shown}"`)
    expect(prettyJson([text])).toBe(`[\n  "${shown}"\n]`)
  })

  it("leaves every other text as it is", () => {
    const text = `"재고", größer\\, 10 €, 🫙 ' \u00a0`
    expect(printable(text)).toBe(text)
  })
})
