/** A collector of traces: takes OTLP over HTTP on any free port of the loopback, and keeps all spans. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { gunzipSync } from "node:zlib"

export interface Collected {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: Readonly<Record<string, unknown>> }>
  readonly links: ReadonlyArray<{ readonly traceId: string; readonly spanId: string }>
  readonly status: { readonly code: number; readonly message?: string }
}

export interface Export {
  readonly path: string
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  /** Unpacked. */
  readonly body: Buffer
}

interface Json {
  readonly resourceSpans: ReadonlyArray<{
    readonly resource: { readonly attributes: Collected["attributes"] }
    readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<Collected> }>
  }>
}

/** `status`: what it answers each export with. */
export const collector = async (status: () => number = () => 200) => {
  const exports: Array<Export> = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    const plain = request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body
    exports.push({ path: request.url!, headers: request.headers, body: plain })
    response.writeHead(status(), { "content-type": "application/json" }).end("{}")
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const sent = (): ReadonlyArray<Json["resourceSpans"][number]> =>
    exports.flatMap(({ body }) => (JSON.parse(body.toString()) as Json).resourceSpans)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exports,
    /** Of exports in JSON. */
    spans: () => sent().flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    resources: () => sent().map(({ resource }) => resource.attributes),
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}

export type Collector = Awaited<ReturnType<typeof collector>>

/** The value of an attribute. */
export const attribute = ({ attributes }: Pick<Collected, "attributes">, name: string): unknown => {
  const value = attributes.find(({ key }) => key === name)?.value
  return value === undefined ? undefined : Object.values(value)[0]
}
