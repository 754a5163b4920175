"""One instruction for compiled loops, in a file that has no reason to change.

numba keeps compiled loops on disk until the file of the loop itself changes, so what loops of
several files share must stay as it is.
"""

from typing import no_type_check

from numba import types
from numba.extending import intrinsic


@intrinsic
@no_type_check
def popcount(typing_context, word):
    """Number of set bits, as the machine's own instruction."""

    def codegen(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), codegen
