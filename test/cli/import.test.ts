/** `jaego import` against the real service: quirks of files, refusals by line, dry run, and resuming after it was killed. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { CLI, killAll, Process, run, type Service, start, until } from "../support/service.ts"
import { temporaryFiles } from "../support/temporary-file.ts"

describe("jaego import", () => {
  const file = temporaryFiles()
  let service: Service
  beforeAll(async () => {
    service = await start({ STORE: "memory" })
  })
  afterAll(killAll)

  const importing = async (path: string, ...flags: ReadonlyArray<string>) => {
    const ended = await run(["import", path, "--url", service.url, "--json", ...flags])
    return { ...ended, report: ended.stdout === "" ? null : JSON.parse(ended.stdout) }
  }
  const product = async (sku: string) => (await service.get(`/v1/products?sku=${sku}`)).body.data[0]
  const onHand = async (sku: string) => (await service.get(`/v1/products/${(await product(sku)).id}/stock`)).body.onHand

  const fresh = (sku: string) => `sku,name,price,currency,stock,delta\n${sku},Mug,1290,EUR,40,\n`

  it("creates products and moves stock, in the order of the file, and once however often it runs", async () => {
    const path = file("once.csv", `${fresh("ONCE")}ONCE,,,,,-3\nONCE,Mug,1290,EUR,40,5\nGONE,,,,,1\n`)
    for (let time = 0; time < 2; time++) {
      const { code, report } = await importing(path)
      expect(code).toBe(1)
      expect(report).toMatchObject({ rows: 4, created: 1, adjusted: 2, unchanged: 0, failed: 1 })
      expect(report.failures).toMatchObject([{ line: 5, sku: "GONE" }])
      expect(await onHand("ONCE")).toBe(42)
    }
    await importing(path, "--name", "second")
    expect(await onHand("ONCE")).toBe(84 - 40)
  })

  it("reads the files of spreadsheets: marks, CRLF, quotes, semicolons, latin-1; and NDJSON", async () => {
    const head = "sku;name;price;currency;stock\r\n"
    const marked = await importing(file("bom.csv", `\ufeff${head}BOM;"Mug; ""blue""";1;EUR;1\r\n`))
    expect(marked.report).toMatchObject({ created: 1, failed: 0 })
    expect((await product("BOM")).name).toBe('Mug; "blue"')
    const latin = file("latin.csv", Buffer.from(`${head}LATIN;Gläser;1;EUR;1\r\n`, "latin1"))
    expect((await importing(latin)).stderr).toMatch(/latin.csv, line 2, column 9: byte 0x\w\w is not utf-8/)
    expect((await importing(latin, "--encoding", "latin1")).code).toBe(0)
    expect((await product("LATIN")).name).toBe("Gläser")
    await importing(file("rows.ndjson", `{"sku":"LATIN","delta":2}\n\n{"sku":"LATIN","delta":3}\n`))
    expect(await onHand("LATIN")).toBe(6)
  })

  it.each([
    ["a number that is none", `${fresh("BAD")}BAD,,,,,1e3\n`, /line 3, column 1: "delta" must be a whole number/],
    ["a field too many", `${fresh("BAD")}BAD,,,,,1,2\n`, /line 3, column 1: 7 fields, but 6 columns/],
    ["a column that is none", "sku,colour\nBAD,red\n", /line 1, column 5: a column must be one of/],
    ["no rows", "sku,delta\n", /there is no row in it/],
  ])("refuses a file with %s before anything of it is applied", async (_, content, message) => {
    const { code, stderr } = await importing(file("bad.csv", content))
    expect(code).toBe(1)
    expect(stderr).toMatch(message)
    expect(await product("BAD")).toBe(undefined)
  })

  it("says what would happen, and changes nothing", async () => {
    const { report } = await importing(file("dry.csv", `${fresh("DRY")}DRY,,,,,4\n`), "--dry-run")
    expect(report).toMatchObject({ dryRun: true, created: 1, adjusted: 1, failed: 0 })
    expect(await product("DRY")).toBe(undefined)
  })

  it("takes counts with the version they were taken at, applies them once, and says before whether it would", async () => {
    await importing(file("new.csv", `${fresh("COUNT")}COUNT,,,,,-4\n`))
    const { id } = await product("COUNT")
    const { body } = await service.get(`/v1/products/${id}/stock`)
    await importing(file("later.csv", "sku,delta\nCOUNT,-5\n"))
    const path = file("counts.csv", `sku;stock;version\nCOUNT;30;${body.version}\nNONE;1;1\n`)
    const dry = await importing(path, "--mode", "absolute", "--dry-run")
    expect(dry.report).toMatchObject({
      dryRun: true,
      rows: 2,
      applied: 1,
      failed: 1,
      failures: [{ line: 3, sku: "NONE" }],
    })
    expect(await onHand("COUNT")).toBe(31)
    for (let time = 0; time < 2; time++) {
      const { code, report } = await importing(path, "--mode", "absolute")
      expect([code, report.applied, report.failed]).toEqual([1, 1, 1])
      expect(await onHand("COUNT")).toBe(25)
    }
    const again = await importing(path, "--mode", "absolute", "--name", "again")
    expect(again.report).toMatchObject({ applied: 1, failed: 1 })
    expect(await onHand("COUNT")).toBe(25)
    const wrong = await importing(file("wrong.csv", "sku,delta\nCOUNT,1\n"), "--mode", "absolute")
    expect(wrong.stderr).toMatch(/line 2, column 1: "delta" belongs to rows of mode delta/)
    expect((await importing(path, "--mode", "absolute", "--separator", "comma")).stderr).toMatch(
      /leave --separator out/,
    )
  })

  it("goes on where it was killed, and applies no row twice", async () => {
    const rows = Array.from({ length: 1_500 }, () => "KILLED,,,,,1\n").join("")
    const path = file("killed.csv", `${fresh("KILLED")}${rows}`)
    const first = new Process(process.execPath, [CLI, "import", path, "--url", service.url], {})
    await until("some rows are applied", async () => (await product("KILLED")) && (await onHand("KILLED")) > 60)
    first.signal("SIGKILL")
    await first.ended
    expect(await onHand("KILLED")).toBeLessThan(1_540)
    expect((await importing(path)).report).toMatchObject({ created: 1, adjusted: 1_500, failed: 0 })
    expect(await onHand("KILLED")).toBe(1_540)
  })
})
