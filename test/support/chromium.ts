/**
 * A real browser: Debian's Chromium without a window, driven over the DevTools protocol.
 *
 * Every name that it looks up is this machine, so that a page of any origin can be served here, and nothing of it leaves.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--host-resolver-rules=MAP * 127.0.0.1",
  // The browser's own wall before the loopback, which not every browser has: what is tested is ours.
  "--disable-features=LocalNetworkAccessChecks",
  "--remote-debugging-port=0",
]

/** Until it says where it can be driven: the first start of a busy machine (ms). */
const START_MS = 30_000

// biome-ignore lint/suspicious/noExplicitAny: results of the protocol, looked at field by field
type Result = any

interface Waiting {
  readonly resolve: (result: Result) => void
  readonly reject: (error: Error) => void
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: Result
  readonly result?: Result
  readonly error?: { readonly message: string }
}

export interface Device {
  readonly width: number
  readonly height: number
  readonly scheme: "light" | "dark"
}

const KEYS = { Tab: { keyCode: 9, text: "" }, Enter: { keyCode: 13, text: "\r" } } as const

/** One tab. */
export interface Tab {
  /** Opens a page, and waits until it is there. */
  readonly open: (url: string) => Promise<void>
  /** As `open`, but the page is this text, whatever is really served under its address. */
  readonly openForged: (url: string, html: string) => Promise<void>
  /** As a PNG. */
  readonly screenshot: () => Promise<Buffer>
  readonly emulate: (device: Device) => Promise<void>
  /** Keys as they are typed: `Tab`, `Enter`, or a text. */
  readonly press: (key: "Tab" | "Enter") => Promise<void>
  readonly type: (text: string) => Promise<void>
  /** Calls the function in the page, and waits for what it promises. */
  readonly run: <A>(code: (...args: ReadonlyArray<never>) => A, ...args: ReadonlyArray<unknown>) => Promise<Awaited<A>>
}

export interface Browser {
  readonly tab: () => Promise<Tab>
  readonly close: () => Promise<void>
}

const addressOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let heard = ""
    const fail = (why: string) => reject(new Error(`chromium ${why}:\n${heard}`))
    const timer = setTimeout(() => fail(`said nothing for ${START_MS} ms`), START_MS)
    child.once("exit", (code) => fail(`ended with ${code}`))
    child.once("error", reject)
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      heard += text
      const url = /DevTools listening on (ws:\S+)/.exec(heard)?.[1]
      if (url === undefined) return
      clearTimeout(timer)
      resolve(url)
    })
  })

/** One line to the browser: commands are answered by their number, events are heard by their session and name. */
class Line {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, Waiting>()
  readonly #heard = new Map<string, (params: Result) => void>()
  #last = 0

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener("message", ({ data }) => this.#hear(JSON.parse(String(data))))
    socket.addEventListener("close", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("chromium is gone"))
    })
  }

  send(method: string, params: Result = {}, sessionId?: string): Promise<Result> {
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#socket.send(JSON.stringify({ id, method, params, sessionId }))
    })
  }

  on(method: string, sessionId: string, listener: (params: Result) => void): void {
    this.#heard.set(`${method} ${sessionId}`, listener)
  }

  #hear({ error, id, method, params, result, ...rest }: Message): void {
    if (id === undefined) return this.#heard.get(`${method} ${(rest as Result).sessionId}`)?.(params)
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(result)
    else waiting?.reject(new Error(error.message))
  }
}

const tabOf = async (line: Line): Promise<Tab> => {
  const { targetId } = await line.send("Target.createTarget", { url: "about:blank" })
  const { sessionId } = await line.send("Target.attachToTarget", { targetId, flatten: true })
  const send = (method: string, params?: Result) => line.send(method, params, sessionId)
  await send("Page.enable")
  const open = async (url: string): Promise<void> => {
    const loaded = new Promise<void>((resolve) => line.on("Page.loadEventFired", sessionId, () => resolve()))
    const { errorText } = await send("Page.navigate", { url })
    if (errorText !== undefined) throw new Error(`${url}: ${errorText}`)
    await loaded
  }
  return {
    open,
    openForged: async (url, html) => {
      const body = Buffer.from(html).toString("base64")
      const responseHeaders = [{ name: "content-type", value: "text/html" }]
      line.on("Fetch.requestPaused", sessionId, ({ requestId }) => {
        void send("Fetch.fulfillRequest", { requestId, responseCode: 200, responseHeaders, body })
      })
      await send("Fetch.enable", { patterns: [{ urlPattern: url }] })
      await open(url)
      await send("Fetch.disable")
    },
    screenshot: async () => {
      const { data } = await send("Page.captureScreenshot", { captureBeyondViewport: true })
      return Buffer.from(data, "base64")
    },
    emulate: async ({ height, scheme, width }) => {
      await send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 })
      await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] })
    },
    press: async (key) => {
      const { keyCode, text } = KEYS[key]
      const event = { key, code: key, windowsVirtualKeyCode: keyCode }
      await send("Input.dispatchKeyEvent", { ...event, type: "keyDown", text })
      await send("Input.dispatchKeyEvent", { ...event, type: "keyUp" })
    },
    type: async (text) => send("Input.insertText", { text }),
    run: async (code, ...args) => {
      const expression = `(${code})(...${JSON.stringify(args)})`
      const { exceptionDetails, result } = await send("Runtime.evaluate", {
        expression,
        awaitPromise: true,
        returnByValue: true,
      })
      if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? "it threw")
      return result.value
    },
  }
}

export const start = async (): Promise<Browser> => {
  const folder = mkdtempSync(join(tmpdir(), "jaego-chromium-"))
  const child = spawn("chromium", [...FLAGS, `--user-data-dir=${folder}`, "about:blank"], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  })
  const kill = () => {
    try {
      process.kill(-child.pid!, "SIGKILL")
    } catch {
      // It has ended by itself.
    }
  }
  process.once("exit", kill)
  const socket = new WebSocket(await addressOf(child))
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve)
    socket.addEventListener("error", reject)
  })
  const line = new Line(socket)
  return {
    tab: () => tabOf(line),
    close: async () => {
      const ended = new Promise((resolve) => child.once("close", resolve))
      kill()
      await ended
      process.off("exit", kill)
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** A web server that has an empty page at every path, under every name. */
export const emptyPages = async (): Promise<{ readonly port: number; readonly close: () => void }> => {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>a page</title>")
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
