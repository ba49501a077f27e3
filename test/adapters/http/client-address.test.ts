/** Who the client is, behind proxies whose word is taken and behind those whose word is not. */
import { expect, it } from "vitest"
import { ClientAddresses, isNetwork } from "../../../src/adapters/http/client-address.ts"

const PROXIES = ["10.0.0.0/8", "192.0.2.1", "2001:db8:a::/48"]

const clientOf = (remoteAddress: string, headers: Record<string, string> = {}, proxies = PROXIES): string =>
  new ClientAddresses(proxies).of({ headers, socket: { remoteAddress } } as never)

const via = (list: string) => ({ "x-forwarded-for": list })
const forwarded = (list: string) => ({ forwarded: list })

it.each([
  ["the peer, when no proxy is trusted", "10.0.0.1", via("203.0.113.7"), [], "10.0.0.1"],
  ["the peer, when it is not one of the proxies", "203.0.113.9", via("1.1.1.1"), PROXIES, "203.0.113.9"],
  ["what the proxy appended", "10.0.0.1", via("1.1.1.1, 203.0.113.7"), PROXIES, "203.0.113.7"],
  [
    "the first that is not trusted, from the right",
    "10.0.0.1",
    via("1.1.1.1,203.0.113.7,10.9.9.9"),
    PROXIES,
    "203.0.113.7",
  ],
  ["the last one, when all are trusted", "10.0.0.1", via("10.0.0.3, 10.0.0.2"), PROXIES, "10.0.0.3"],
  ["the proxy, when it names none", "10.0.0.1", {}, PROXIES, "10.0.0.1"],
  ["the proxy that names no address", "10.0.0.1", via("1.1.1.1, unknown"), PROXIES, "10.0.0.1"],
  ["without its port", "192.0.2.1", via("203.0.113.7:4711"), PROXIES, "203.0.113.7"],
  ["IPv4, when the system shows it within IPv6", "::ffff:10.0.0.1", via("::ffff:203.0.113.7"), PROXIES, "203.0.113.7"],
  ["IPv4, when it is spelt in hexadecimal", "::ffff:a00:1", via("::ffff:cb00:7107"), PROXIES, "203.0.113.7"],
  ["a network of IPv6", "2001:DB8:b:1::1", {}, PROXIES, "2001:db8:b:1::/64"],
  ["the same network, whatever its host part", "2001:db8:b:1:ffff:2:3:4", {}, PROXIES, "2001:db8:b:1::/64"],
  ["a short network", "2001:db8::1", {}, PROXIES, "2001:db8:0:0::/64"],
  ["the loopback", "::1", {}, PROXIES, "0:0:0:0::/64"],
  ["a link's own address", "fe80::1%eth0", {}, PROXIES, "fe80:0:0:0::/64"],
  ["what a proxy of IPv6 appended", "2001:db8:a::5", via("[2001:db8:c::1]:80"), PROXIES, "2001:db8:c:0::/64"],
  ["the for of Forwarded", "10.0.0.1", forwarded("for=1.1.1.1, for=203.0.113.7;proto=https"), PROXIES, "203.0.113.7"],
  [
    "the for of Forwarded in quotes, of IPv6 and with a port",
    "10.0.0.1",
    forwarded('proto=http;For="[2001:db8:c::1]:4711"'),
    PROXIES,
    "2001:db8:c:0::/64",
  ],
  ["hidden by the proxy", "10.0.0.1", forwarded("for=_hidden"), PROXIES, "10.0.0.1"],
  [
    "not what a client adds as Forwarded",
    "10.0.0.1",
    { ...via("203.0.113.7"), ...forwarded("for=1.1.1.1") },
    PROXIES,
    "203.0.113.7",
  ],
] as ReadonlyArray<[string, string, Record<string, string>, Array<string>, string]>)(
  "the client is %s",
  (_, peer, headers, proxies, client) => {
    expect(clientOf(peer, headers, proxies)).toBe(client)
  },
)

it("a header of the greatest length is read in no time", () => {
  const began = process.cpuUsage()
  for (let time = 0; time < 100; time++) clientOf("10.0.0.1", via("10.0.0.2,".repeat(1_800)))
  const { system, user } = process.cpuUsage(began)
  expect((system + user) / 1_000).toBeLessThan(2_000)
})

it("a network is an address, or one with as many bits as it can have", () => {
  for (const good of ["10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/128", "0.0.0.0/0"])
    expect(isNetwork(good)).toBe(true)
  for (const bad of ["", "proxy", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0"])
    expect(isNetwork(bad)).toBe(false)
})
