/** Connections to a service one by one, where `fetch` would share them: what each hears, and whether it is still open. */
import { request } from "node:http"
import { connect, type Socket } from "node:net"
import { type Service, until } from "./service.ts"
import * as Trade from "./trade.ts"

/** So many connections that both threads have some of them, but for one chance in a million. */
export const MANY = 21

export interface Line {
  readonly socket: Socket
  readonly heard: () => string
  readonly isOpen: () => boolean
}

/** A connection that says so much and then nothing. */
export const call = async (service: Service, text: string): Promise<Line> => {
  let heard = ""
  let open = true
  const socket = connect(Number(new URL(service.url).port), "127.0.0.1")
  socket.setEncoding("utf8").on("data", (chunk) => {
    heard += chunk
  })
  socket.on("error", () => undefined)
  socket.on("close", () => {
    open = false
  })
  socket.write(text)
  return { socket, heard: () => heard, isOpen: () => open }
}

const ALIVE = "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n"

/** Connections that have been answered, and are kept open. */
export const answered = async (service: Service): Promise<ReadonlyArray<Line>> => {
  const lines = await Trade.times(MANY, () => call(service, ALIVE))
  await until("all are answered", () => lines.every(({ heard }) => heard().includes('{"status":"alive"}')))
  return lines
}

/** Places an order on a connection of its own. */
export const placeApart = (service: Service, key: string, body: unknown) =>
  new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
    const headers = { "content-type": "application/json", "idempotency-key": key }
    const asking = request(`${service.url}/v1/orders`, { method: "POST", agent: false, headers }, (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk
      })
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }))
    })
    asking.on("error", reject)
    asking.end(JSON.stringify(body))
  })
