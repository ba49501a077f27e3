import { describe, expect, it } from "vitest"
import * as Baskets from "../../src/adapters/cli/baskets.ts"

const one = (...names: ReadonlyArray<string>) => names.map((name) => ({ name, quantity: 1 }))

describe("basket files", () => {
  it("has one basket a line and keeps names as they are", () => {
    expect(Baskets.read("citrus fruit,cream cheese ,rolls/buns\nwhole milk\n")).toEqual([
      one("citrus fruit", "cream cheese ", "rolls/buns"),
      one("whole milk"),
    ])
  })

  it("reads CRLF, a byte-order mark and a last line without an end", () => {
    expect(Baskets.read("\uFEFFa,b\r\nc")).toEqual([one("a", "b"), one("c")])
  })

  it("reads quoted fields with commas, quotes and line ends in them", () => {
    expect(Baskets.read('"milk, whole",tea\n"the ""good"" one"\n"two\nlines",x\n')).toEqual([
      one("milk, whole", "tea"),
      one('the "good" one'),
      one("two\nlines", "x"),
    ])
  })

  it("skips empty lines and blank fields", () => {
    expect(Baskets.read("\n\na,,b,\r\n , \n,\n\nc\n")).toEqual([one("a", "b"), one("c")])
  })

  it("buys twice what is named twice", () => {
    expect(Baskets.read("tea,milk,tea\n")).toEqual([
      [
        { name: "tea", quantity: 2 },
        { name: "milk", quantity: 1 },
      ],
    ])
  })

  it.each([
    ["", "there is no basket in it"],
    ["\n \n", "there is no basket in it"],
    ['a\n"b,c\nd\n', "line 2: a quote is never closed"],
    ['"two\nlines"\n"a"b\n', "line 3: text after a closing quote"],
  ])("says in one line what is wrong with %j", (text, message) => {
    expect(() => Baskets.read(text)).toThrow(message)
  })

  it("names every product once, in the order of first mention", () => {
    expect(Baskets.names(Baskets.read("b,a\na,c,b\n"))).toEqual(["b", "a", "c"])
  })
})
