/**
 * The address of a client, also behind proxies: `X-Forwarded-For` or `Forwarded` (RFC 7239), read from the right for as long as
 * the proxies that wrote it are trusted.
 *
 * Why it exists: limits are counted by client, and anyone can write a header. What the first proxy that is not ours has appended
 * is whatever the client has sent.
 * Law: without `TRUSTED_PROXIES` the peer of the connection is the client. `Forwarded` is read only without `X-Forwarded-For`.
 * A network of IPv6 (/64) is one client: its owner has 2^64 addresses.
 */
import type { IncomingMessage } from "node:http"
import { BlockList, isIP, isIPv4, SocketAddress } from "node:net"

/** An address, or a network as `10.0.0.0/8`. */
export const isNetwork = (text: string): boolean => {
  const [address = "", bits, ...more] = text.split("/")
  const version = isIP(address)
  if (version === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

const familyOf = (address: string): "ipv4" | "ipv6" => (isIPv4(address) ? "ipv4" : "ipv6")

const listOf = (networks: ReadonlyArray<string>): BlockList => {
  const list = new BlockList()
  for (const network of networks) {
    const [address = "", bits] = network.split("/")
    if (bits === undefined) list.addAddress(address, familyOf(address))
    else list.addSubnet(address, Number(bits), familyOf(address))
  }
  return list
}

/** A node of such a header: `203.0.113.7`, `203.0.113.7:80`, `[2001:db8::1]:80`, `2001:db8::1`; null: it names no address. */
const addressIn = (node: string): string | null => {
  const address = /^\[([^\]]*)\](:\d+)?$/.exec(node)?.[1] ?? /^(\d+(?:\.\d+){3})(?::\d+)?$/.exec(node)?.[1] ?? node
  return isIP(address) === 0 ? null : address
}

/** The `for` of one hop of `Forwarded`. */
const forOf = (hop: string): string => /(?:^|;)\s*for\s*=\s*"?([^";]*)"?/i.exec(hop)?.[1]?.trim() ?? ""

/** IPv4 within IPv6, as the system shows peers of a socket for both. */
const MAPPED = "::ffff:"

/** What counts as one client. */
const clientOf = (address: string): string => {
  if (address.startsWith(MAPPED) && isIPv4(address.slice(MAPPED.length))) return address.slice(MAPPED.length)
  if (!address.includes(":")) return address
  const plain = new SocketAddress({ address: address.split("%")[0]!, family: "ipv6" }).address
  if (plain.startsWith(MAPPED) && plain.includes(".")) return plain.slice(MAPPED.length)
  const [before = "", after] = plain.split("::")
  const head = before === "" ? [] : before.split(":")
  const tail = after === undefined || after === "" ? [] : after.split(":")
  const zeros = Array<string>(8 - head.length - tail.length).fill("0")
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(":")}::/64`
}

export class ClientAddresses {
  /** Null: no proxy is trusted. */
  readonly #trusted: BlockList | null

  constructor(trustedProxies: ReadonlyArray<string>) {
    this.#trusted = trustedProxies.length === 0 ? null : listOf(trustedProxies)
  }

  /** An address of IPv4, or a network of IPv6. */
  of({ headers, socket }: Pick<IncomingMessage, "headers" | "socket">): string {
    let address = socket.remoteAddress ?? ""
    if (this.#trusted === null || !this.#isTrusted(address)) return clientOf(address)
    const { forwarded, "x-forwarded-for": list } = headers
    const hops = typeof list === "string" ? list : (forwarded ?? "")
    for (let end = hops.length; end > 0; ) {
      const comma = hops.lastIndexOf(",", end - 1)
      const hop = hops.slice(comma + 1, end).trim()
      const next = addressIn(hops === list ? hop : forOf(hop))
      // A trusted proxy that names no address stands for its clients itself.
      if (next === null) break
      address = next
      if (!this.#isTrusted(address)) break
      end = comma
    }
    return clientOf(address)
  }

  #isTrusted(address: string): boolean {
    return isIP(address) !== 0 && this.#trusted!.check(address, familyOf(address))
  }
}
