"""The inner loop of dense products,  O += U W^T  for a few rows and a panel of W, with its sums in registers.

A compiler that is given loops over arrays writes every sum back to memory after a few channels. Held in registers, as
vectors of 32 bytes, they are twice as fast, and no slower than a library's. Each sum is one chain of fused
multiply-adds in the order of the channels, whatever the number of rows: a batch gives the bits of its sequences.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

BYTES = 32  # of a vector
VECTORS = 3  # of a panel: for four rows twelve sums, which hide the time that a multiply-add takes


def width(itemsize: int) -> int:
    """Return how many units a panel has."""
    return VECTORS * BYTES // itemsize


def _multiply(n_rows: int) -> Any:
    """Return the compiled function for so many rows.

    ``f(o, o_stride, u, u_stride, w, n_channels, like)``: addresses of the first sums, of the first row and of the
    weights (n_channels, width), distances of two rows in bytes, and an array whose dtype all have.
    """

    @intrinsic
    def f(typingctx, o, o_stride, u, u_stride, w, n_channels, like):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            o, o_stride, u, u_stride, w, n_channels, _ = args
            number = context.get_value_type(signature.args[6].dtype)
            size = 8 if isinstance(number, ir.DoubleType) else 4
            vector, i64 = ir.VectorType(number, BYTES // size), ir.IntType(64)
            fma = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{BYTES // size}f{8 * size}"
            )
            lanes = ir.Constant(ir.VectorType(ir.IntType(32), BYTES // size), None)  # zeros: the first lane for all

            def at(base, offset, kind):  # type: ignore[no-untyped-def]
                return builder.inttoptr(builder.add(base, offset), kind.as_pointer())

            def fetched(base, offset, kind):  # type: ignore[no-untyped-def]
                value = builder.load(at(base, offset, kind))
                value.align = size
                return value

            def constant(n):  # type: ignore[no-untyped-def]
                return ir.Constant(i64, n)

            places = [(r, v) for r in range(n_rows) for v in range(VECTORS)]
            target = {(r, v): builder.add(builder.mul(o_stride, constant(r)), constant(v * BYTES)) for r, v in places}
            rows = [builder.add(u, builder.mul(u_stride, constant(r))) for r in range(n_rows)]
            first = [fetched(o, target[place], vector) for place in places]
            before, loop, after = builder.block, builder.append_basic_block(), builder.append_basic_block()
            builder.branch(loop)
            builder.position_at_end(loop)
            channel = builder.phi(i64)
            sums = [builder.phi(vector) for _ in places]
            offset = builder.mul(channel, constant(VECTORS * BYTES))
            weights = [fetched(w, builder.add(offset, constant(v * BYTES)), vector) for v in range(VECTORS)]
            entries = []
            for row in rows:
                entry = fetched(row, builder.mul(channel, constant(size)), number)
                one = builder.insert_element(ir.Constant(vector, ir.Undefined), entry, ir.Constant(ir.IntType(32), 0))
                entries.append(builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), lanes))
            now = [builder.call(fma, [entries[r], weights[v], s]) for (r, v), s in zip(places, sums, strict=True)]
            following = builder.add(channel, constant(1))
            channel.add_incoming(constant(0), before)
            channel.add_incoming(following, loop)
            for s, start, end in zip(sums, first, now, strict=True):
                s.add_incoming(start, before)
                s.add_incoming(end, loop)
            builder.cbranch(builder.icmp_signed("<", following, n_channels), loop, after)
            builder.position_at_end(after)
            for place, value in zip(places, now, strict=True):
                builder.store(value, at(o, target[place], vector)).align = size
            return context.get_dummy_value()

        return types.void(*[types.int64] * 6, like), codegen

    return f


rows_by_panel = _multiply(4)
row_by_panel = _multiply(1)
