/* The loop of esn/recurrence.py and esn/kernels.py for a sparse W in C, for comparison: input part in `out`, then the states. */
#include <math.h>
#include <stdint.h>

void network_loop(const uint32_t *restrict indptr, const uint16_t *restrict indices, const double *restrict data,
                  double leak, const double *start, double *out, int64_t n_steps, int64_t n)
{
    const double *h = start;
    for (int64_t t = 0; t < n_steps; t++) {
        double *restrict o = out + t * n;
        for (int64_t i = 0; i < n; i++) {
            double a = 0, b = 0, c = 0, d = 0;
            uint32_t k = indptr[i], end = indptr[i + 1];
            for (; k + 4 <= end; k += 4) {
                a += data[k] * h[indices[k]];
                b += data[k + 1] * h[indices[k + 1]];
                c += data[k + 2] * h[indices[k + 2]];
                d += data[k + 3] * h[indices[k + 3]];
            }
            for (; k < end; k++) a += data[k] * h[indices[k]];
            o[i] += (a + b) + (c + d);
        }
        for (int64_t i = 0; i < n; i++) o[i] = (1 - leak) * h[i] + leak * tanh(o[i]);
        h = o;
    }
}
