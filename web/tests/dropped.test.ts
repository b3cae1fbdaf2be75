// Folders that come by the browser become what they become by `tomb import`.
import { expect, test } from 'vitest'
import { pickedIn } from '../src/state/dropped'
import { byName } from '../src/state/order'

function picked(...paths: string[]): [string | null, string[]][] {
  const files = paths.map((path) => {
    const file = new File(['sound'], path.split('/').at(-1)!)
    Object.defineProperty(file, 'webkitRelativePath', { value: path })
    return file
  })
  return pickedIn(files).map(({ folder, files }) => [folder, files.map((each) => each.name)])
}

test('what is hidden or a system’s own is left out, at every depth', () => {
  expect(picked('A/1.mp3', 'A/._1.mp3', 'A/@eaDir/1.mp3/x.mp3', 'A/#recycle/2.mp3', 'A/.Trash-1000/3.mp3', 'A/b/__MACOSX/4.mp3')).toEqual([['A', ['1.mp3']]])
})

test('two series with the same episode are two playlists', () => {
  expect(picked('All/Benjamin/Folge 1/1.mp3', 'All/Bibi/Folge 1/1.mp3')).toEqual([['Folge 1', ['1.mp3']], ['Folge 1', ['1.mp3']]])
})

test('discs are one playlist, in their order, with what lies below them', () => {
  expect(picked('Box/CD 10/d.mp3', 'Box/CD 2 - Das Ende/b.mp3', 'Box/CD 2 - Das Ende/Kapitel/c.mp3', 'Box/CD 1/a.mp3')).toEqual([['Box', ['a.mp3', 'b.mp3', 'c.mp3', 'd.mp3']]])
  expect(picked('CD 1/a.mp3', 'Discussion 1/b.mp3')).toEqual([['CD 1', ['a.mp3']], ['Discussion 1', ['b.mp3']]])
})

test('names are in the order in which the box has them', () => {
  const names = ['2.wav', '2 again.wav', '10.wav', 'apfel.wav', 'Äpfel.wav', '\'Quoted\'.wav', 'Track 2.wav', 'track 03.wav', 'Zebra.wav']
  expect(picked(...names.map((each) => `A/${each}`).reverse())).toEqual([['A', names]])
  expect(['Zebra', 'Äpfel', '10', '2'].sort(byName)).toEqual(['2', '10', 'Äpfel', 'Zebra'])
})
