/** Files of baskets as they are met: read as they are, or refused with a place and a reason. */
import { describe, expect, it } from "vitest"
import * as Baskets from "../../src/adapters/cli/baskets.ts"
import { temporaryFiles } from "../support/temporary-file.ts"

const one = (...names: ReadonlyArray<string>) => names.map((name) => ({ name, quantity: 1 }))

const PLAIN: Baskets.Options = {
  ...{ encoding: null, separator: null, limit: null, head: "none", shape: "baskets" },
  signal: new AbortController().signal,
}

describe("basket files", () => {
  const file = temporaryFiles()
  let count = 0
  const readAll = (content: string | Uint8Array, options: Partial<Baskets.Options> = {}) =>
    Baskets.read(file(`${++count}.csv`, content), { ...PLAIN, ...options })
  const read = (...given: Parameters<typeof readAll>) => readAll(...given).then(({ orders }) => orders)
  /** What is said of a file, from behind its name. */
  const refusal = (content: string | Uint8Array, options: Partial<Baskets.Options> = {}) =>
    read(content, options).then(
      (baskets) => `read as ${JSON.stringify(baskets)}`,
      (problem: Error) => problem.message.replace(/^.*?\d+\.csv(, |: )/, ""),
    )

  it("has one basket a line and keeps names as they are", async () => {
    expect(await read("citrus fruit,cream cheese ,rolls/buns\nwhole milk\n")).toEqual([
      one("citrus fruit", "cream cheese ", "rolls/buns"),
      one("whole milk"),
    ])
  })

  it.each([
    ["LF", "\n"],
    ["CRLF", "\r\n"],
    ["CR", "\r"],
  ])("reads lines that end with %s, also without one at the end", async (_, end) => {
    expect(await read(`a,b${end}${end}c`)).toEqual([one("a", "b"), one("c")])
  })

  it("reads quoted fields with separators and quotes in them", async () => {
    expect(await read('"milk, whole",tea\n"the ""good"" one"\n5" nail,""\n')).toEqual([
      one("milk, whole", "tea"),
      one('the "good" one'),
      one('5" nail'),
    ])
  })

  it("skips empty lines and blank fields", async () => {
    expect(await read("\n\na,,b,\r\n , \n,\n\nc\n")).toEqual([one("a", "b"), one("c")])
  })

  it("buys twice what is named twice", async () => {
    expect(await read("tea,milk,tea\n")).toEqual([
      [
        { name: "tea", quantity: 2 },
        { name: "milk", quantity: 1 },
      ],
    ])
  })

  it.each([
    ["semicolons", "a;b, c\n", "semicolon", ";", [one("a", "b, c")]],
    ["tabs", "a\tb;c\n", "tab", "\t", [one("a", "b;c")]],
    ["bars", "a|b\n", "bar", "|", [one("a", "b")]],
  ] as const)("finds %s between names, or is given it", async (_, content, __, separator, baskets) => {
    const alone = content.replaceAll(/[,;\t|]/g, (each) => (each === separator ? each : " "))
    expect(await read(alone)).toHaveLength(1)
    expect((await read(alone))[0]).toHaveLength(2)
    expect(await read(content, { separator })).toEqual(baskets)
  })

  it("asks which one separates when there are two, unless one of them is quoted", async () => {
    expect(await refusal("a;b\nc;d, e\n")).toBe(
      "line 1, column 2: it has commas and semicolons; say which one separates names with --separator",
    )
    expect(await read('a;"d, e"\n')).toEqual([one("a", "d, e")])
  })

  it("reads no further than it is asked to", async () => {
    expect(await read("a\nb\nc\n\0", { limit: 2, separator: "," })).toEqual([one("a"), one("b")])
  })

  it.each([
    ["there is no basket in it", ""],
    ["there is no basket in it", "\n \n"],
    ["line 2, column 1: a quote is never closed", 'a\n"b,c\nd\n'],
    ["line 1, column 8: text after a closing quote", 'tea,"a"b\n'],
    ["line 2, column 1: a tab or a line end inside of a name", 'x\n"two\nlines"\n'],
    ["line 1, column 1: a tab or a line end inside of a name", '"a\tb",c\n', { separator: "," }],
    ["line 2, column 4: a control character (U+001B)", "a\nb,c\u001b[2J\n"],
    ["line 2, column 1: a byte-order mark (U+FEFF) in the middle: two files in one?", "a\n\uFEFFb\n"],
    ["line 2, column 4: a replacement character (U+FFFD): the name was lost before", "a\nb,M\uFFFDsli\n"],
    ["line 2, column 3: a name of more than 256 characters", `a\nb,${"x".repeat(257)}\n`],
    ["line 2, column 1: longer than 1048576 bytes", `a\n${"x".repeat(1_200_000)}\n`],
    ["line 2, column 1: a quote is not closed for too long", `a\n"${`${"x".repeat(999)}\n`.repeat(1_200)}`],
  ] as ReadonlyArray<[string, string, Partial<Baskets.Options>?]>)(
    "refuses, and says: %s",
    async (message, content, options = {}) => {
      expect(await refusal(content, options)).toBe(message)
    },
  )

  describe("of another encoding", () => {
    const latin1 = Buffer.from("Müsli\nMösli,Mäsli\n", "latin1")
    const utf16 = (text: string) => Buffer.from(text, "utf16le")

    it("are refused at the byte that is not UTF-8, so that three names never become one", async () => {
      expect(await refusal(latin1)).toBe(
        "line 1, column 2: byte 0xfc is not utf-8; name its encoding, for example --encoding latin1",
      )
      expect(await refusal(Buffer.concat([Buffer.from("tea\nbutter,é"), Buffer.from([0xc3])]))).toBe(
        "line 2, column 9: the end of the line is not utf-8; name its encoding, for example --encoding latin1",
      )
    })

    it("are read when it is named", async () => {
      expect(await read(latin1, { encoding: "latin1" })).toEqual([one("Müsli"), one("Mösli", "Mäsli")])
      expect(await read(Buffer.from("bef1c7c72cbfecc0af0a", "hex"), { encoding: "euc-kr" })).toHaveLength(1)
      expect(await refusal(latin1, { encoding: "klingon" })).toMatch(/^there is no encoding "klingon"/)
    })

    it("are read when a byte-order mark names it", async () => {
      expect(await read("\uFEFFa,b\r\nc")).toEqual([one("a", "b"), one("c")])
      expect(await read(utf16("\uFEFFMüsli,ਊ\r\n재고\n"))).toEqual([one("Müsli", "ਊ"), one("재고")])
      expect(await read(utf16("\uFEFFMüsli\n").swap16())).toEqual([one("Müsli")])
      expect(await read(utf16("Müsli\n"), { encoding: "utf-16le" })).toEqual([one("Müsli")])
      expect(await refusal(utf16("a\nb\n"))).toBe(
        "line 1, column 2: a NUL (U+0000); if it is UTF-16: --encoding utf-16le or utf-16be",
      )
      expect(await refusal(utf16("\uFEFFa\n"), { encoding: "latin1" })).toMatch(/^it begins with the mark of utf-16le/)
      expect(await refusal(utf16("\uFEFFa\nb\ud800\n"))).toMatch(
        /^line 2, column 2: the end of the line is not utf-16le/,
      )
    })
  })

  it.each([
    ["1f8b0800", /^it is compressed \(gzip\); unpack it first/],
    ["28b52ffd", /zstd/],
    ["fd377a585a00", /xz/],
    ["504b0304", /^it is an archive \(zip\) or a spreadsheet \(\.xlsx\)/],
    ["d0cf11e0a1b11ae1", /^it is a spreadsheet \(\.xls\)/],
  ])("are refused by name when they begin with %s", async (hex, message) => {
    expect(await refusal(Buffer.from(hex, "hex"))).toMatch(message)
  })

  describe("of another shape", () => {
    it.each([
      [
        "a head",
        "Item 1,Item 2\nmilk,tea\n",
        /^line 1, column 1: "Item 1" names a column; to skip this line: --header/,
      ],
      ["a numbered head", "0,1,2\nmilk,tea,\n", /^line 1, column 1: columns are numbered here/],
      [
        "a long table",
        "Member_number,Date,itemDescription\n1808,21-07-2015,tropical fruit\n2552,05-01-2015,whole milk\n",
        /^line 1, column 1: "Member_number" names a column/,
      ],
      ["a long table without a head", "7;milk\n7;tea\n8;milk\n", /^line 1, column 1: a table: field 1 of every line/],
      ["a table with dates", 'milk,30-10-2016 09:58:11\ntea,2016-10-30T10:00:00Z\ntea,"12/1/2010 8:26"\n', /field 2/],
      ["a counted table", "2,milk,tea\n1,tea,\n3,tea,milk,jam\n", /field 1 of every line is a number/],
      ["numbered goods", "36 37 38\n39\n40 41\n", /field 1 of every line is a number/],
      ["a one-hot table", "milk,tea,jam\n0,1,0\n1,1,0\n", /^line 1, column 1: a one-hot table/],
      ["a one-hot table of words", "milk,tea\nTRUE,FALSE\nFALSE,TRUE\n", /^line 1, column 1: a one-hot table/],
      ["a one-hot table of marks", "milk,tea\nt,?\n?,t\n", /^line 1, column 1: a one-hot table/],
    ])("are refused: %s", async (_, content, message) => {
      expect(await refusal(content)).toMatch(message)
      expect(await read(content, { shape: "any" })).not.toHaveLength(0)
    })

    it("are sold without their head when that is all there is", async () => {
      expect(await read("Item 1,Item 2\nmilk,tea\n", { head: "skip" })).toEqual([one("milk", "tea")])
      expect(await refusal("milk,tea\n0,1\n1,1\n", { head: "skip" })).toMatch(/^line 1, column 1: a one-hot table/)
    })
  })

  it("are refused when they are folders, devices or pipes, without waiting for an end", async () => {
    await expect(Baskets.read("/tmp", PLAIN)).rejects.toThrow("/tmp: it is a folder")
    await expect(Baskets.read("/dev/zero", PLAIN)).rejects.toThrow("/dev/zero: it is no regular file")
    await expect(Baskets.read("nowhere.csv", PLAIN)).rejects.toThrow("nowhere.csv: there is no such file")
  })

  it("stop being read when they are no longer wanted", async () => {
    const stopped = { ...PLAIN, signal: AbortSignal.abort() }
    await expect(Baskets.read(file("long.csv", "milk\n".repeat(50_000)), stopped)).rejects.toThrow("aborted")
  })

  it("become several orders when one has not lines enough, and say so", async () => {
    const names = Array.from({ length: 250 }, (_, n) => `good ${n}`)
    const { orders, split } = await readAll(`${names.slice(0, 100)}\ntea\n${names}\n${names[0]},tea\n`, { limit: 3 })
    expect(split).toBe(1)
    expect(orders.map((order) => order.length)).toEqual([100, 1, 100, 100, 50])
    expect(orders.slice(2).flat()).toEqual(one(...names))
  })

  it("names every product once, in the order of first mention", async () => {
    expect(Baskets.names(await read("b,a\na,c,b\n"))).toEqual(["b", "a", "c"])
  })
})
