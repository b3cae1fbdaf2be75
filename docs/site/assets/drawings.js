// Draws the pages' Mermaid, in the colours of the theme, and anew when the reader changes that. The library is large, so
// only a page that has a drawing loads it.
const drawings = [...document.querySelectorAll('.drawing')].map((place) => ({ place, text: place.textContent.trim() }))
const dark = matchMedia('(prefers-color-scheme: dark)')
const wanted = () => ({ light: 'neutral', dark: 'dark' })[document.body.dataset.theme] ?? (dark.matches ? 'dark' : 'neutral')
const LEAST = 0.6 // of its size: what is wider still than the page is scrolled
let drawn
let turn = Promise.resolve()

async function draw() {
  const theme = wanted()
  if (theme === drawn) return
  drawn = theme
  mermaid.initialize({ startOnLoad: false, theme, securityLevel: 'strict', fontFamily: 'inherit' })
  for (const [number, { place, text }] of drawings.entries()) {
    try {
      place.innerHTML = (await mermaid.render(`drawing-${number}-${theme}`, text)).svg
      const svg = place.firstElementChild
      svg.style.minWidth = `${LEAST * svg.viewBox.baseVal.width}px`
    } catch (error) {
      console.error(`this is not drawn: ${error}`) // and is left as text
    }
    place.classList.add('drawn')
  }
}
const redraw = () => (turn = turn.then(draw))

if (drawings.length > 0) {
  const script = document.createElement('script')
  script.src = new URL('mermaid.tiny.js', document.currentScript?.src ?? document.querySelector('script[src*="drawings.js"]').src)
  script.onload = () => {
    redraw()
    dark.addEventListener('change', redraw)
    new MutationObserver(redraw).observe(document.body, { attributeFilter: ['data-theme'] })
  }
  document.head.append(script)
}
