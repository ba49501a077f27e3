/** A peer on a raw connection, which says and reads what it likes. */
import { connect, type Socket } from "node:net"

export interface Peer {
  readonly socket: Socket
  /** What it has read so far. */
  readonly heard: () => string
  readonly closed: Promise<void>
  /** Waits until it has read the text so many times. */
  readonly until: (text: string, times?: number) => Promise<void>
}

/** Statuses of the answers in a text. */
export const statuses = (heard: string): ReadonlyArray<number> =>
  [...heard.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))

/** Connects, and has sent `text` when it resolves. */
export const peer = (port: number, text = ""): Promise<Peer> =>
  new Promise((resolve) => {
    let heard = ""
    const closed = Promise.withResolvers<void>()
    const looks = new Set<() => void>()
    const socket = connect(port, "127.0.0.1", () => {
      const reached = { socket, heard: () => heard, closed: closed.promise, until }
      if (text === "") resolve(reached)
      else socket.write(text, () => resolve(reached))
    })
    const until = (text: string, times = 1) =>
      new Promise<void>((seen, reject) => {
        const look = () => {
          if (heard.split(text).length > times) seen()
          else if (socket.closed) reject(new Error(`closed before ${text}: ${heard}`))
          else return
          looks.delete(look)
        }
        looks.add(look)
        look()
      })
    const lookAll = () => {
      for (const look of looks) look()
    }
    socket.setEncoding("utf8").on("data", (chunk) => {
      heard += chunk
      lookAll()
    })
    // A reset is an end as well.
    socket.on("error", () => undefined)
    socket.on("close", () => {
      closed.resolve()
      lookAll()
    })
  })
