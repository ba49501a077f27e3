/** Imports over real HTTP, before a real desk in memory: how bodies are read, refused by their line, cut off, and sent again. */
import { connect } from "node:net"
import { Effect, Layer } from "effect"
import { afterEach, describe, expect, it } from "vitest"
import * as MemoryImports from "../../../src/adapters/memory/imports.ts"
import * as Store from "../../../src/adapters/memory/store.ts"
import * as SystemIds from "../../../src/adapters/system/ids.ts"
import * as Desk from "../../../src/app/imports/import-desk.ts"
import { Imports, type ImportsService } from "../../../src/ports/imports.ts"
import * as HttpServer from "../../support/http-server.ts"
import { until } from "../../support/service.ts"

let http: HttpServer.Running
let imports: ImportsService
afterEach(() => http.stop())

const started = async (over: Partial<ImportsService> = {}, bytesMax = 1_000_000) => {
  imports = { ...MemoryImports.make(Store.make()), ...over }
  const desk = Desk.layer.pipe(Layer.provide(Layer.merge(Layer.succeed(Imports, imports), SystemIds.layer)))
  http = await HttpServer.start({}, null, { importBytesMax: bytesMax }, desk as Layer.Layer<never>)
}

const CSV = { "content-type": "text/csv" }
const NDJSON = { "content-type": "application/x-ndjson" }

let keys = 0
const send = (body: string | Uint8Array, headers: Record<string, string> = NDJSON, query = "?mode=delta") => {
  const key = { "idempotency-key": `key ${keys++}` }
  return http.send(`/v1/imports${query}`, { method: "POST", headers: { ...key, ...headers }, body: body as never })
}

const rowsOf = async (id: string, query = "") => (await http.get(`/v1/imports/${id}/rows${query}`)).body.data
const open = async () => {
  const { receiving, running, waiting } = await Effect.runPromise(imports.census)
  return receiving + running + waiting
}

describe("a body is read", () => {
  it("as NDJSON: answered when all of it was received, with where it can be read", async () => {
    await started()
    const { body, headers, status } = await send('{"sku":"A","delta":1}\n\n{"sku":"B","delta":2}')
    expect([status, headers.get("location"), Object.keys(body)]).toEqual([202, `/v1/imports/${body.id}`, ["id"]])
    expect((await http.get(`/v1/imports/${body.id}`)).body).toMatchObject({
      ...{
        id: body.id,
        mode: "delta",
        dryRun: false,
        state: "waiting",
        startedAt: null,
        finishedAt: null,
        error: null,
      },
      rows: { read: 2, applied: 0, failed: 0, skipped: 0 },
    })
    expect(await rowsOf(body.id)).toEqual([
      { line: 1, sku: "A", status: "pending" },
      { line: 3, sku: "B", status: "pending" },
    ])
  })

  it.each([
    [
      "with a mark, CRLF, quotes and semicolons",
      '\ufeffsku;stock;name;price;currency\r\n"A;""1""";3;"Mug, ""blue""";1;EUR\r\n',
      CSV,
    ],
    ["with bare CR and blank lines", 'sku,delta\r\r"A;""1""",4\r\r', CSV],
    ["with tabs", 'sku\tdelta\n"A;""1"""\t4\n', CSV],
    ["in UTF-16, by its mark", Buffer.from('\ufeffsku,delta\n"A;""1""",4\n', "utf16le"), CSV],
    [
      "in latin-1, as it says",
      Buffer.from("sku,delta\nGläser,4\n", "latin1"),
      { "content-type": "text/csv; charset=latin1" },
    ],
    ["in UTF-8, as it says", "sku,delta\nGläser,4\n", { "content-type": 'TEXT/CSV; Charset="UTF-8"' }],
  ])("as CSV %s", async (_, text, headers) => {
    await started()
    const { body, status } = await send(text, headers)
    expect(status).toBe(202)
    const rows = await rowsOf(body.id)
    expect(rows).toHaveLength(1)
    expect(['A;"1"', "Gläser"]).toContain(rows[0].sku)
  })

  it("row by row: what is wrong with one fails it alone, by its line, whatever else it holds", async () => {
    await started()
    const lines = [
      '{"sku":"A","delta":1}',
      "{",
      '{"sku":"A","delta":1e3}',
      '{"sku":"A","colour":1}',
      "[]",
      '{"delta":1}',
    ]
    const { body } = await send(lines.join("\n"))
    await Effect.runPromise(imports.claim("one", Date.now(), Date.now()))
    const [part] = await Effect.runPromise(imports.parts(body.id, -1, 9))
    expect(part!.rows.map((row) => ("problem" in row ? row.problem : null))).toEqual([
      null,
      expect.stringMatching(/no JSON/),
      null,
      expect.stringMatching(/"colour" is none of/),
      expect.stringMatching(/must be an object/),
      expect.stringMatching(/"sku" is required/),
    ])
    const fields = await send("sku,delta\nA,1,2\nB\nC,3\n", CSV)
    expect((await rowsOf(fields.body.id)).map((row: { readonly line: number }) => row.line)).toEqual([2, 3, 4])
  })

  it("in parts, while it comes", async () => {
    await started({}, 10_000_000)
    const lines = Array.from({ length: 2_345 }, (_, index) => `{"sku":"s${index}","delta":1}\n`)
    const { body, status } = await send(lines.join(""))
    expect(status).toBe(202)
    expect((await http.get(`/v1/imports/${body.id}`)).body.rows.read).toBe(2_345)
    let [read, cursor] = [0, ""]
    for (;;) {
      const page = (await http.get(`/v1/imports/${body.id}/rows?limit=100${cursor}`)).body
      read += page.data.length
      if (page.nextCursor === null) break
      cursor = `&cursor=${page.nextCursor}`
    }
    expect(read).toBe(2_345)
  })
})

describe("a body is refused, and leaves nothing,", () => {
  const HEAD = "sku,delta\n"
  it.each([
    ["without rows", "", NDJSON, null, "there is no row in it"],
    ["with a head and no rows", HEAD, CSV, null, "there is no row in it"],
    ["that is not UTF-8", Buffer.from(`${HEAD}A,1\nGläser,2\n`, "latin1"), CSV, 3, "charset=latin1"],
    ["that is binary", Uint8Array.from({ length: 4_000 }, (_, at) => (at * 7) % 256), NDJSON, 1, ""],
    ["with NULs", `${HEAD}A\0,1\n`, CSV, 2, "NUL"],
    ["that is compressed", Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0), CSV, null, "gunzip"],
    ["whose charset is none", HEAD, { "content-type": "text/csv; charset=klingon" }, null, "no encoding"],
    ["with a column that is none", "sku,colour\nA,red\n", CSV, 1, "a column must be one of"],
    ["without the column of SKUs", "delta\n1\n", CSV, 1, 'no column "sku"'],
    ["with a column that comes twice", "sku,delta,sku\nA,1,B\n", CSV, 1, "second column"],
    ["with a quote that is never closed", `${HEAD}A,1\n"B,2\nC,3\n`, CSV, 3, "a quote is never closed"],
    ["with text after a quote", `${HEAD}"A"x,1\n`, CSV, 2, "text after a closing quote"],
    [
      "with a huge line",
      `{"sku":"A","delta":1}\n{"sku":"${"x".repeat(70_000)}"}`,
      NDJSON,
      2,
      "longer than 65536 bytes",
    ],
  ])("%s", async (_, text, headers, line, what) => {
    await started()
    const { body, status } = await send(text, headers)
    expect([status, body.code, body.line]).toEqual([400, "invalid-import", line])
    expect(body.detail).toContain(what)
    expect(await open()).toBe(0)
  })

  it("that is larger than it may be, by what it says and by what comes", async () => {
    await started({}, 1_000)
    const line = '{"sku":"A","delta":1}\n'
    expect((await send(line.repeat(50))).body).toMatchObject({ status: 413, code: "body-too-large" })
    const stream = new ReadableStream({
      pull: async (controller) => {
        // The server is in this process, and needs its turn.
        await new Promise((resolve) => setImmediate(resolve))
        controller.enqueue(new TextEncoder().encode(line.repeat(10)))
      },
    })
    const init = { method: "POST", body: stream, duplex: "half", headers: { ...NDJSON, "idempotency-key": "endless" } }
    // A peer that still sends may be cut off before it reads why.
    const answer = await http.send("/v1/imports?mode=delta", init as RequestInit).catch(() => null)
    if (answer !== null) expect(answer.body.code).toBe("body-too-large")
    await until("nothing is left", async () => (await open()) === 0)
  })

  it("whose peer hangs up in the middle", async () => {
    await started()
    const head = "POST /v1/imports?mode=delta HTTP/1.1\r\nhost: localhost\r\nidempotency-key: cut\r\n"
    const body = '{"sku":"A","delta":1}\n'.repeat(700)
    for (const length of ["content-length: 99999", "transfer-encoding: chunked"]) {
      const socket = connect(http.port, "127.0.0.1")
      const piece = length.startsWith("t") ? `${body.length.toString(16)}\r\n${body}\r\n` : body
      socket.write(`${head}content-type: application/x-ndjson\r\n${length}\r\n\r\n${piece}`)
      await until("some of it is stored", async () => (await open()) === 1)
      socket.destroy()
      await until("nothing is left", async () => (await open()) === 0)
    }
    expect((await send('{"sku":"A","delta":1}', { ...NDJSON, "idempotency-key": "cut" })).status).toBe(202)
  })

  it("when it cannot be stored", async () => {
    const { unavailable } = await import("../../../src/ports/failures.ts")
    await started({ put: () => Effect.fail(unavailable("database", "unknown")) })
    const { body, headers } = await send('{"sku":"A","delta":1}')
    expect([body.code, headers.get("retry-after")]).toEqual(["database", "1"])
    expect(await open()).toBe(0)
  })
})

describe("a request is refused by its head", () => {
  it.each([
    ["?mode=both", {}, 400, "invalid-request"],
    ["", {}, 400, "invalid-request"],
    ["?mode=delta&mode=delta", {}, 400, "invalid-request"],
    ["?mode=delta&dryRun=maybe", {}, 400, "invalid-request"],
    ["?mode=delta&colour=red", {}, 400, "invalid-request"],
    ["?mode=delta", { "content-type": "application/json" }, 415, "unsupported-media-type"],
    ["?mode=delta", { "content-type": "application/x-ndjson; charset=latin1" }, 415, "unsupported-media-type"],
    ["?mode=delta", { "content-encoding": "gzip" }, 415, "unsupported-media-type"],
    ["?mode=delta", { "idempotency-key": "a, b" }, 400, "invalid-request"],
  ] as const)("%s %o: %i %s", async (query, headers, status, code) => {
    await started()
    const answer = await send('{"sku":"A","delta":1}', { ...NDJSON, ...headers }, query)
    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect(answer.headers.get("content-type")).toBe("application/problem+json")
    expect(await open()).toBe(0)
  })

  it("without a key, and for an import or a page that is not there", async () => {
    await started()
    const init = { method: "POST", headers: NDJSON, body: '{"sku":"A","delta":1}' }
    expect((await http.send("/v1/imports?mode=delta", init)).body.code).toBe("idempotency-key-required")
    const id = "0190a000-0000-7000-8000-000000000000"
    expect((await http.get(`/v1/imports/${id}`)).body).toMatchObject({ status: 404, code: "import-not-found" })
    expect((await http.get(`/v1/imports/${id}/rows`)).body.code).toBe("import-not-found")
    const { body } = await send('{"sku":"A","delta":1}')
    expect((await http.get(`/v1/imports/${body.id}/rows?cursor=abc`)).body.code).toBe("invalid-cursor")
    expect((await http.get(`/v1/imports/${body.id}/rows?status=odd`)).body.code).toBe("invalid-request")
    const page = (await http.get(`/v1/imports/${id}`, {})).headers.get("x-request-id")
    expect(page).not.toBeNull()
  })
})

describe("a key", () => {
  it("stands for one body, however it is cut, and for no other, mode or dry run", async () => {
    await started()
    const body = '{"sku":"A","delta":1}\n'
    const headers = { ...NDJSON, "idempotency-key": "same" }
    const first = await send(body, headers)
    const again = await send(body, headers)
    expect([again.status, again.body, again.headers.get("idempotent-replayed")]).toEqual([202, first.body, "true"])
    expect(first.headers.get("idempotent-replayed")).toBeNull()
    for (const [text, query] of [
      ["{}\n", "?mode=delta"],
      [body, "?mode=absolute"],
      [body, "?mode=delta&dryRun"],
    ] as const) {
      const other = await send(text, headers, query)
      expect([other.status, other.body.code]).toEqual([422, "idempotency-key-reused"])
    }
    expect(await open()).toBe(1)
  })

  it("of a body that is still coming is in progress, and more bodies than may come at once are asked to come again", async () => {
    await started()
    const sockets = Array.from({ length: Desk.RECEIVED_AT_ONCE }, (_, index) => {
      const socket = connect(http.port, "127.0.0.1")
      socket.write(
        `POST /v1/imports?mode=delta HTTP/1.1\r\nhost: localhost\r\nidempotency-key: slow${index}\r\ncontent-type: text/csv\r\ncontent-length: 99\r\n\r\nsku,`,
      )
      return socket
    })
    await until("they are received", async () => (await open()) === sockets.length)
    const busy = await send('{"sku":"A","delta":1}')
    expect([busy.status, busy.body.code, busy.headers.get("retry-after")]).toEqual([503, "overloaded", "1"])
    sockets[0]!.destroy()
    await until("one has gone", async () => (await open()) === sockets.length - 1)
    const racing = await send('{"sku":"A","delta":1}', { ...NDJSON, "idempotency-key": "slow1" })
    expect([racing.status, racing.body.code]).toEqual([409, "idempotency-in-progress"])
    for (const socket of sockets) socket.destroy()
    await until("all have gone", async () => (await open()) === 0)
  })
})

it("a body may take longer to come than other requests, as long as it comes", async () => {
  await started()
  const socket = connect(http.port, "127.0.0.1")
  let heard = ""
  socket.setEncoding("utf8").on("data", (text) => {
    heard += text
  })
  const text = "sku,delta\nA,1\n"
  socket.write(
    `POST /v1/imports?mode=delta HTTP/1.1\r\nhost: localhost\r\nidempotency-key: slow\r\ncontent-type: text/csv\r\ncontent-length: ${text.length}\r\n\r\nsku,`,
  )
  // Another request that is as late is answered so: by then the limit has passed for both.
  const plain = connect(http.port, "127.0.0.1")
  let late = ""
  plain.setEncoding("utf8").on("data", (part) => {
    late += part
  })
  plain.write(
    "POST /v1/orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{",
  )
  await until("the other one is late", () => late.includes("408"))
  expect(heard).toBe("")
  socket.write(text.slice(4))
  await until("it is accepted", () => heard.includes("202 Accepted"))
  socket.destroy()
  plain.destroy()
})
