/* The loop of lsm/kernel.py in C, for comparison: same arrays, same order; dynamic synapses, no noise. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

int64_t liquid_loop(
    const double *scalars, const double *restrict background, const double *restrict decay_in, const double *restrict gain_in, const int64_t *refractory,
    const int32_t *groups_of, const int32_t *group_start, const int32_t *group_delay, const int64_t *group_kind,
    const int32_t *post, const double *weight, const double *U, const double *D, const double *F, const double *W_in,
    const int64_t *starts, const int32_t *lines, double *restrict v, double *restrict g_exc, double *restrict g_inh,
    double *restrict g_in, int64_t *restrict freed, double *u, double *x, int64_t *last, int32_t *queue, int64_t *queued,
    int64_t n, int64_t n_groups, int64_t n_slots, int64_t n_steps, int64_t *fired, int32_t *steps, int32_t *units)
{
    const double decay_v = scalars[0], decay_exc = scalars[1], decay_inh = scalars[2], gain_exc = scalars[3],
                 gain_inh = scalars[4], threshold = scalars[6], reset = scalars[7], dt = scalars[8];
    const int64_t n_words = (n + 7) / 8;
    uint64_t *words = calloc(n_words, 8);
    uint8_t *above = (uint8_t *)words;
    int64_t found = 0;
    for (int64_t t = 0; t < n_steps; t++) {
        for (int64_t i = 0; i < n; i++) {
            double moved = decay_v * v[i] + gain_exc * g_exc[i] + gain_inh * g_inh[i] + gain_in[i] * g_in[i] + background[i];
            v[i] = t >= freed[i] ? moved : v[i];
            g_exc[i] *= decay_exc;
            g_inh[i] *= decay_inh;
            g_in[i] *= decay_in[i];
        }
        int64_t n_fired = 0;
        for (int64_t i = 0; i < n; i++) above[i] = v[i] > threshold;
        for (int64_t word = 0; word < n_words; word++)
            if (words[word])
                for (int64_t i = 8 * word; i < 8 * word + 8; i++)
                    if (above[i]) fired[n_fired++] = i;
        int64_t slot = t % n_slots;
        for (int64_t q = 0; q < queued[slot]; q++) {
            int32_t group = queue[slot * n_groups + q];
            double *g = group_kind[group] ? g_inh : g_exc;
            double h = (t - last[group]) * dt;
            last[group] = t;
            for (int32_t s = group_start[group]; s < group_start[group + 1]; s++) {
                double used = u[s] * exp(-h / F[s]);
                used += U[s] * (1.0 - used);
                double left = 1.0 + (x[s] - 1.0) * exp(-h / D[s]);
                g[post[s]] += weight[s] * used * left;
                u[s] = used;
                x[s] = left * (1.0 - used);
            }
        }
        queued[slot] = 0;
        for (int64_t p = starts[t]; p < starts[t + 1]; p++) {
            const double *row = W_in + (int64_t)lines[p] * n;
            for (int64_t i = 0; i < n; i++) g_in[i] += row[i];
        }
        for (int64_t f = 0; f < n_fired; f++) {
            int64_t i = fired[f];
            v[i] = reset;
            freed[i] = t + refractory[i];
            steps[found] = t;
            units[found++] = i;
            for (int32_t group = groups_of[i]; group < groups_of[i + 1]; group++) {
                slot = (t + group_delay[group]) % n_slots;
                queue[slot * n_groups + queued[slot]++] = group;
            }
        }
    }
    free(words);
    return found;
}
