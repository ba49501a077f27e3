/** What `wrk.lua` does, by autocannon: for machines without wrk. Arguments as there, then connections and seconds. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"

interface Request {
  headers: Readonly<Record<string, string>>
  body: string
}
interface Result {
  readonly duration: number
  readonly requests: { readonly total: number }
  readonly latency: { readonly p50: number; readonly p99: number }
  readonly non2xx: number
  readonly errors: number
}
type Autocannon = (options: {
  readonly url: string
  readonly connections: number
  readonly duration: number
  readonly timeout: number
  readonly requests: ReadonlyArray<{
    readonly method: "POST" | "GET"
    readonly path: string
    readonly setupRequest?: (request: Request) => Request
  }>
}) => Promise<Result>

/** It comes without types. */
const autocannon = createRequire(import.meta.url)("autocannon") as Autocannon

const [url, file, tag, answer, connections, seconds] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
]
const bodies = readFileSync(file, "utf8").split("\n")
const prefer: Record<string, string> = answer === "async" ? { prefer: "respond-async" } : {}
let count = 0

const setupRequest = (request: Request): Request => {
  count++
  request.headers = { "content-type": "application/json", "idempotency-key": `${tag}-${count}`, ...prefer }
  request.body = bodies[(count - 1) % bodies.length]!
  return request
}

const result = await autocannon({
  url,
  connections: Number(connections),
  duration: Number(seconds),
  timeout: 10,
  requests:
    answer === "read"
      ? bodies.map((path) => ({ method: "GET", path }))
      : [{ method: "POST", path: "/v1/orders", setupRequest }],
})
const { duration, errors, latency, non2xx, requests } = result
const measured = { answers: requests.total, seconds: duration, refused: non2xx, broken: errors }
console.log(JSON.stringify({ ...measured, p50: latency.p50, p99: latency.p99 }))
