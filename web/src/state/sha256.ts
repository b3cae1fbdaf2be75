// SHA-256 (FIPS 180-4), fed piece by piece. crypto.subtle is missing on plain HTTP, and cannot be fed.

const K = new Uint32Array(64)
const START = new Uint32Array(8)
{
  // The first 32 bits of the fractions of the cube roots of the first 64 primes, and of the square roots of the first 8.
  const fraction = (x: number) => ((x - Math.floor(x)) * 2 ** 32) >>> 0
  let found = 0
  for (let n = 2; found < 64; n++) {
    let prime = true
    for (let d = 2; d * d <= n && prime; d++) prime = n % d !== 0
    if (!prime) continue
    if (found < 8) START[found] = fraction(Math.sqrt(n))
    K[found++] = fraction(Math.cbrt(n))
  }
}

export class Sha256 {
  private readonly h = Uint32Array.from(START)
  private readonly w = new Uint32Array(64)
  private readonly rest = new Uint8Array(64)
  private held = 0
  private length = 0

  update(bytes: Uint8Array): this {
    this.length += bytes.length
    let at = 0
    if (this.held > 0) {
      at = Math.min(64 - this.held, bytes.length)
      this.rest.set(bytes.subarray(0, at), this.held)
      this.held += at
      if (this.held < 64) return this
      this.block(new DataView(this.rest.buffer), 0)
      this.held = 0
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (; at + 64 <= bytes.length; at += 64) this.block(view, at)
    this.rest.set(bytes.subarray(at))
    this.held = bytes.length - at
    return this
  }

  /** In hex. The object is used up. */
  digest(): string {
    const bits = this.length * 8
    const tail = new Uint8Array(this.held < 56 ? 64 - this.held : 128 - this.held)
    tail[0] = 0x80
    const view = new DataView(tail.buffer)
    view.setUint32(tail.length - 8, Math.floor(bits / 2 ** 32))
    view.setUint32(tail.length - 4, bits >>> 0)
    this.update(tail)
    return [...this.h].map((word) => word.toString(16).padStart(8, '0')).join('')
  }

  private block(view: DataView, at: number): void {
    const { h, w } = this
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(at + i * 4)
    for (let i = 16; i < 64; i++) {
      const [x, y] = [w[i - 15]!, w[i - 2]!]
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
      w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0
    }
    let a = h[0]!, b = h[1]!, c = h[2]!, d = h[3]!, e = h[4]!, f = h[5]!, g = h[6]!, k = h[7]!
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
      const t1 = (k + s1 + ((e & f) ^ (~e & g)) + K[i]! + w[i]!) | 0
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
      k = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0
    }
    h[0] = h[0]! + a; h[1] = h[1]! + b; h[2] = h[2]! + c; h[3] = h[3]! + d
    h[4] = h[4]! + e; h[5] = h[5]! + f; h[6] = h[6]! + g; h[7] = h[7]! + k
  }
}
