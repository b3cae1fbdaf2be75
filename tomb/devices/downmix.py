"""Any number of channels to two."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16] | NDArray[np.float32]

# What each channel gives to the left and to the right, in the order of WAVE and FLAC (RFC 9639, section 9.1.3): centre
# and surround at -3 dB (ITU-R BS.775), the low-frequency channel left out.
DIRECT, HALF, NOTHING = 1.0, 0.7071, 0.0
LEFT, RIGHT, CENTRE, BASS = (DIRECT, NOTHING), (NOTHING, DIRECT), (HALF, HALF), (NOTHING, NOTHING)
BACK_LEFT, BACK_RIGHT = (HALF, NOTHING), (NOTHING, HALF)
WAVE_ORDER = {
    3: (LEFT, RIGHT, CENTRE),
    4: (LEFT, RIGHT, BACK_LEFT, BACK_RIGHT),
    5: (LEFT, RIGHT, CENTRE, BACK_LEFT, BACK_RIGHT),
    6: (LEFT, RIGHT, CENTRE, BASS, BACK_LEFT, BACK_RIGHT),
    7: (LEFT, RIGHT, CENTRE, BASS, CENTRE, BACK_LEFT, BACK_RIGHT),
    8: (LEFT, RIGHT, CENTRE, BASS, BACK_LEFT, BACK_RIGHT, BACK_LEFT, BACK_RIGHT),
}
# Vorbis and Opus have an order of their own (RFC 7845, section 5.1.1.2), and libsndfile hands it on.
OGG_ORDER = {
    3: (LEFT, CENTRE, RIGHT),
    4: (LEFT, RIGHT, BACK_LEFT, BACK_RIGHT),
    5: (LEFT, CENTRE, RIGHT, BACK_LEFT, BACK_RIGHT),
    6: (LEFT, CENTRE, RIGHT, BACK_LEFT, BACK_RIGHT, BASS),
    7: (LEFT, CENTRE, RIGHT, BACK_LEFT, BACK_RIGHT, CENTRE, BASS),
    8: (LEFT, CENTRE, RIGHT, BACK_LEFT, BACK_RIGHT, BACK_LEFT, BACK_RIGHT, BASS),
}


def stereo(block: Samples, container: str) -> Samples:
    """`block` of shape (frames, channels) as (frames, 2): mono twice, more than two mixed so that nothing can clip.

    More than two are given as float32. More than eight have no agreed meaning: the first two are taken.
    """
    channels = block.shape[1]
    if channels == 1:
        return block[:, [0, 0]]
    shares = (OGG_ORDER if container == "OGG" else WAVE_ORDER).get(channels)
    if shares is None:
        return block[:, :2]
    matrix = np.array(shares, np.float32)
    mixed: NDArray[np.float32] = block.astype(np.float32) @ (matrix / matrix.sum(axis=0))
    return mixed
