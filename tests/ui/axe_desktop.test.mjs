import { findsNothing } from './axe.mjs'
import { DESK } from './rig.mjs'

findsNothing({ ...DESK, hasTouch: false, isMobile: false })
