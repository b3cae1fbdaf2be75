import { findsNothing } from './axe.mjs'
import { PHONE } from './rig.mjs'

findsNothing(PHONE)
