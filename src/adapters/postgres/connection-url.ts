/**
 * A connection string as libpq takes it: `postgres://user:password@host:port,host:port/database?sslmode=...`, with Unix
 * sockets (`?host=/run/postgresql`) and several hosts.
 *
 * Law: no message repeats what it holds. Fails: `UrlProblem`, without the name of the variable.
 */
import { isLoopback } from "../../std/loopback.ts"

export class UrlProblem extends Error {}

export const SHAPE = "postgres://user:password@host:port/database"

export const MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full", "no-verify"] as const
export type Mode = (typeof MODES)[number]

export interface Host {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
}

export interface Connection {
  /** One or more: that one is used which takes writes. */
  readonly hosts: readonly [Host, ...ReadonlyArray<Host>]
  readonly database: string | null
  readonly user: string | null
  readonly password: string | null
  /** Null: none is asked for. */
  readonly mode: Mode | null
  /** Files: authorities that are believed (`system`: those of this machine), and our own certificate. */
  readonly rootCertificate: string | null
  readonly certificate: string | null
  readonly key: string | null
  readonly keyPassword: string | null
  readonly options: string | null
}

const PORT = 5_432

/** What may stand between `://` and the path: people forget to escape an @ in a password, so the last one counts. */
const PARTS = /^postgres(?:ql)?:\/\/(?:(.*)@)?([^@/?]*)(?:\/([^/?]*))?(?:\?(.*))?$/

const shape = () => new UrlProblem(`must look like ${SHAPE}`)

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    throw shape()
  }
}

const orNull = (text: string | undefined): string | null => (text ? decoded(text) : null)

const hostOf = (text: string): readonly [string, string] => {
  const parts = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d*))?$/.exec(text)
  if (parts === null) throw shape()
  return [decoded(parts[1] ?? parts[2] ?? ""), parts[3] ?? ""]
}

const portOf = (text: string): number => {
  const port = text === "" ? PORT : Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new UrlProblem("must name a port from 1 to 65535")
  return port
}

/** As many ports as hosts, or one for all. */
const hostsOf = (authority: string, parameters: URLSearchParams): Connection["hosts"] => {
  const written = authority.split(",").map(hostOf)
  const names = parameters.get("host")?.split(",") ?? written.map(([host]) => host)
  const ports = parameters.get("port")?.split(",") ?? written.map(([, port]) => port)
  if (ports.length !== 1 && ports.length !== names.length)
    throw new UrlProblem("must name one port, or one for each host")
  const hosts = names.map((host, at) => ({ host: host || "localhost", port: portOf(ports[at] ?? ports[0]!) }))
  return hosts as unknown as Connection["hosts"]
}

const modeOf = (text: string | null): Mode | null => {
  if (text === null || MODES.includes(text as Mode)) return text as Mode | null
  throw new UrlProblem(`must have an sslmode of ${MODES.join(", ")}`)
}

/** Throws `UrlProblem`. */
export const parse = (text: string): Connection => {
  const parts = PARTS.exec(text)
  if (parts === null) throw shape()
  const [, identity = "", authority = "", path, query = ""] = parts
  const parameters = new URLSearchParams(query)
  const session = parameters.get("target_session_attrs") ?? "any"
  if (!["any", "read-write", "primary"].includes(session))
    throw new UrlProblem("must not ask for a standby (target_session_attrs): Jaego writes")
  const colon = identity.indexOf(":")
  const [user, password] = colon < 0 ? [identity, ""] : [identity.slice(0, colon), identity.slice(colon + 1)]
  return {
    hosts: hostsOf(authority, parameters),
    database: parameters.get("dbname") ?? orNull(path),
    user: parameters.get("user") ?? orNull(user),
    password: parameters.get("password") ?? orNull(password),
    mode: modeOf(parameters.get("sslmode")),
    rootCertificate: parameters.get("sslrootcert"),
    certificate: parameters.get("sslcert"),
    key: parameters.get("sslkey"),
    keyPassword: parameters.get("sslpassword"),
    options: parameters.get("options"),
  }
}

/** Loopback and Unix sockets: what is said does not leave the machine. */
export const isLocal = ({ host }: Host): boolean => host.startsWith("/") || isLoopback(host)

/**
 * The same with an encryption that is decided on: what is sent to a host on the network must be encrypted, unless plain text is
 * asked for (`tls` is `off`). Throws `UrlProblem`.
 */
export const secured = (text: string, tls: "on" | "off"): string => {
  const { hosts, mode } = parse(text)
  if (tls === "off" || hosts.every(isLocal)) return text
  if (mode === "disable")
    throw new UrlProblem(
      "asks for plain text to another machine (sslmode=disable): set DATABASE_TLS=off if that is meant",
    )
  if (mode !== null && mode !== "allow" && mode !== "prefer") return text
  const [address, query = ""] = text.split(/\?(.*)/s) as [string, string?]
  const parameters = new URLSearchParams(query)
  parameters.set("sslmode", "require")
  return `${address}?${parameters}`
}

/** For messages: where it leads, and nothing else. */
export const placeOf = ({ hosts }: Connection): string =>
  hosts
    .map(({ host, port }) => (host.startsWith("/") ? host : `${host.includes(":") ? `[${host}]` : host}:${port}`))
    .join(", ")
