/* A training of a small network, written by hand: relu layers, a linear one, hinge loss with sgd
   or softmax cross-entropy with adam, an L2 penalty. One lane an example: a vector holds one
   number of LANES examples, and the loops are tiled so that sums stay in registers. Forward,
   backward and update run over a batch that is cut into chunks which fit into the cache.

   Compile with -DDEPTH=3 -DW0=2 -DW1=16 -DW2=16 -DW3=1 -DSOFTMAX=0 -DCHUNK=13.
   The weights of a layer are a row per neuron, then the biases. */

#include <math.h>
#include <string.h>

#define LANES 8
typedef double lanes __attribute__((vector_size(8 * LANES), aligned(8 * LANES)));
typedef long long mask __attribute__((vector_size(8 * LANES)));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

#define WMAX (W1 > W2 ? W1 : W2)
#if DEPTH == 3
#define OUTPUTS W3
#define P2 (W2 * W3 + W3)
#else
#define OUTPUTS W2
#define P2 0
#endif
#define P0 (W0 * W1 + W1)
#define P1 (W1 * W2 + W2)
#define PARAMETERS (P0 + P1 + P2)

static lanes x[W0][CHUNK], h1[W1][CHUNK], h2[W2][CHUNK], d1[W1][CHUNK], d2[W2][CHUNK];
static lanes scores[OUTPUTS][CHUNK], slopes[OUTPUTS][CHUNK];
static lanes target[CHUNK], weight[CHUNK]; /* weight: 1 for an example, 0 for a lane without one */
static double gradient[PARAMETERS], moment1[PARAMETERS], moment2[PARAMETERS];

INLINE lanes all(double a) { return a - (lanes){0}; }
INLINE lanes where_positive(lanes c, lanes a) { return (lanes)((mask)(c > 0.0) & (mask)a); }
INLINE lanes larger(lanes a, lanes b) {
  mask first = a > b;
  return (lanes)((first & (mask)a) | (~first & (mask)b));
}
/* Plain loops over an array become calls of the vector functions of the C library. */
INLINE lanes exp_of(lanes a) {
  double each[LANES] __attribute__((aligned(8 * LANES)));
  memcpy(each, &a, sizeof a);
  for (int l = 0; l < LANES; l++) each[l] = exp(each[l]);
  memcpy(&a, each, sizeof a);
  return a;
}
INLINE lanes log_of(lanes a) {
  double each[LANES] __attribute__((aligned(8 * LANES)));
  memcpy(each, &a, sizeof a);
  for (int l = 0; l < LANES; l++) each[l] = log(each[l]);
  memcpy(&a, each, sizeof a);
  return a;
}
INLINE double sum(lanes a) {
  double s = 0.0;
  UNROLL for (int l = 0; l < LANES; l++) s += a[l];
  return s;
}

/* out[k] = w[k] . in + b[k] for r neurons and c vectors. */
INLINE void forward_tile(int r, int c, int n_in, const double *w, const double *b,
                         lanes (*in)[CHUNK], lanes (*out)[CHUNK], int v, int relu) {
  lanes acc[r][c];
  UNROLL for (int i = 0; i < r; i++) UNROLL for (int j = 0; j < c; j++) acc[i][j] = all(b[i]);
  for (int k = 0; k < n_in; k++)
    UNROLL for (int i = 0; i < r; i++)
      UNROLL for (int j = 0; j < c; j++) acc[i][j] += w[i * n_in + k] * in[k][v + j];
  UNROLL for (int i = 0; i < r; i++)
    UNROLL for (int j = 0; j < c; j++)
      out[i][v + j] = relu ? where_positive(acc[i][j], acc[i][j]) : acc[i][j];
}

INLINE void forward_rows(int r, int n_in, const double *w, const double *b, lanes (*in)[CHUNK],
                         lanes (*out)[CHUNK], int vectors, int relu) {
  int v = 0;
  for (; v + 4 <= vectors; v += 4) forward_tile(r, 4, n_in, w, b, in, out, v, relu);
  for (; v < vectors; v++) forward_tile(r, 1, n_in, w, b, in, out, v, relu);
}

INLINE void forward(int n_in, int n_out, const double *w, lanes (*in)[CHUNK], lanes (*out)[CHUNK],
                    int vectors, int relu) {
  const double *b = w + n_in * n_out;
  int k, fours = n_out / 4 * 4;
  for (k = 0; k < fours; k += 4)
    forward_rows(4, n_in, w + k * n_in, b + k, in, out + k, vectors, relu);
  for (k = fours; k < n_out; k++)
    forward_rows(1, n_in, w + k * n_in, b + k, in, out + k, vectors, relu);
}

/* g[i][k] += sum over examples of d[i] * in[k], for r neurons and c inputs. */
INLINE void weights_tile(int r, int c, int n_in, double *g, lanes (*d)[CHUNK], lanes (*in)[CHUNK],
                         int vectors) {
  lanes acc[r][c];
  UNROLL for (int i = 0; i < r; i++) UNROLL for (int k = 0; k < c; k++) acc[i][k] = all(0.0);
  for (int v = 0; v < vectors; v++)
    UNROLL for (int i = 0; i < r; i++)
      UNROLL for (int k = 0; k < c; k++) acc[i][k] += d[i][v] * in[k][v];
  UNROLL for (int i = 0; i < r; i++)
    UNROLL for (int k = 0; k < c; k++) g[i * n_in + k] += sum(acc[i][k]);
}

INLINE void weights_rows(int r, int n_in, double *g, double *gb, lanes (*d)[CHUNK],
                         lanes (*in)[CHUNK], int vectors) {
  int k, fours = n_in / 4 * 4;
  for (k = 0; k < fours; k += 4) weights_tile(r, 4, n_in, g + k, d, in + k, vectors);
  for (k = fours; k < n_in; k++) weights_tile(r, 1, n_in, g + k, d, in + k, vectors);
  for (int i = 0; i < r; i++) {
    lanes acc = all(0.0);
    for (int v = 0; v < vectors; v++) acc += d[i][v];
    gb[i] += sum(acc);
  }
}

INLINE void weights(int n_in, int n_out, double *g, lanes (*d)[CHUNK], lanes (*in)[CHUNK],
                    int vectors) {
  double *gb = g + n_in * n_out;
  int k, fours = n_out / 4 * 4;
  for (k = 0; k < fours; k += 4)
    weights_rows(4, n_in, g + k * n_in, gb + k, d + k, in, vectors);
  for (k = fours; k < n_out; k++) weights_rows(1, n_in, g + k * n_in, gb + k, d + k, in, vectors);
}

/* back[k] = sum over neurons of w[i][k] * d[i], where the relu of k was open. */
INLINE void inputs_tile(int r, int c, int n_in, int n_out, const double *w, lanes (*d)[CHUNK],
                        lanes (*in)[CHUNK], lanes (*back)[CHUNK], int v) {
  lanes acc[r][c];
  UNROLL for (int k = 0; k < r; k++) UNROLL for (int j = 0; j < c; j++) acc[k][j] = all(0.0);
  for (int i = 0; i < n_out; i++)
    UNROLL for (int k = 0; k < r; k++)
      UNROLL for (int j = 0; j < c; j++) acc[k][j] += w[i * n_in + k] * d[i][v + j];
  UNROLL for (int k = 0; k < r; k++)
    UNROLL for (int j = 0; j < c; j++) back[k][v + j] = where_positive(in[k][v + j], acc[k][j]);
}

INLINE void inputs(int n_in, int n_out, const double *w, lanes (*d)[CHUNK], lanes (*in)[CHUNK],
                   lanes (*back)[CHUNK], int vectors) {
  for (int k = 0; k < n_in; k += 4) { /* hidden widths are multiples of 4 */
    int v = 0;
    for (; v + 4 <= vectors; v += 4)
      inputs_tile(4, 4, n_in, n_out, w + k, d, in + k, back + k, v);
    for (; v < vectors; v++) inputs_tile(4, 1, n_in, n_out, w + k, d, in + k, back + k, v);
  }
}

/* The loss of a chunk, summed, and the slopes of the mean along the scores. */
#if SOFTMAX
INLINE double loss(int vectors, double share) {
  double total = 0.0;
  for (int v = 0; v < vectors; v++) {
    lanes most = scores[0][v], exps = all(0.0), chosen = all(0.0);
    for (int k = 1; k < OUTPUTS; k++) most = larger(most, scores[k][v]);
    for (int k = 0; k < OUTPUTS; k++) {
      lanes shifted = scores[k][v] - most, e = exp_of(shifted);
      slopes[k][v] = e;
      exps += e;
      chosen += (lanes)((mask)(target[v] == (double)k) & (mask)shifted);
    }
    lanes scale = share * weight[v] / exps;
    for (int k = 0; k < OUTPUTS; k++)
      slopes[k][v] = slopes[k][v] * scale -
                     (lanes)((mask)(target[v] == (double)k) & (mask)(share * weight[v]));
    total += sum(weight[v] * (log_of(exps) - chosen));
  }
  return total;
}
#else
INLINE double loss(int vectors, double share) {
  lanes total = all(0.0);
  for (int v = 0; v < vectors; v++) {
    lanes margin = weight[v] - target[v] * scores[0][v]; /* 0 in a lane without an example */
    total += where_positive(margin, margin);
    slopes[0][v] = where_positive(margin, -share * target[v]);
  }
  return sum(total);
}
#endif

/* Put one chunk of examples into the lanes; a lane without an example holds zeros. */
static void load(const double *rows, const double *targets, const int *batch, int first, int n) {
  int vectors = (n + LANES - 1) / LANES;
  for (int e = 0; e < vectors * LANES; e++) {
    int v = e / LANES, l = e % LANES, i = e < n ? (batch ? batch[first + e] : first + e) : -1;
    for (int k = 0; k < W0; k++) x[k][v][l] = i < 0 ? 0.0 : rows[i * W0 + k];
    target[v][l] = i < 0 ? 0.0 : targets[i];
    weight[v][l] = i < 0 ? 0.0 : 1.0;
  }
}

static double chunk(const double *w, int n, double share) {
  int vectors = (n + LANES - 1) / LANES;
  const double *w1 = w + P0, *w2 = w + P0 + P1;
  double *g1 = gradient + P0, *g2 = gradient + P0 + P1;
  forward(W0, W1, w, x, h1, vectors, 1);
#if DEPTH == 3
  forward(W1, W2, w1, h1, h2, vectors, 1);
  forward(W2, W3, w2, h2, scores, vectors, 0);
  double total = loss(vectors, share);
  weights(W2, W3, g2, slopes, h2, vectors);
  inputs(W2, W3, w2, slopes, h2, d2, vectors);
  weights(W1, W2, g1, d2, h1, vectors);
  inputs(W1, W2, w1, d2, h1, d1, vectors);
#else
  (void)w2, (void)g2, (void)h2, (void)d2;
  forward(W1, W2, w1, h1, scores, vectors, 0);
  double total = loss(vectors, share);
  weights(W1, W2, g1, slopes, h1, vectors);
  inputs(W1, W2, w1, slopes, h1, d1, vectors);
#endif
  weights(W0, W1, gradient, d1, x, vectors);
  return total;
}

/* Update, and return the penalty before it. */
static double update(double *w, double rate, double alpha, int step) {
  double penalty = 0.0;
#if SOFTMAX
  double scale1 = 1.0 / (1.0 - pow(0.9, step)), scale2 = 1.0 / (1.0 - pow(0.999, step));
#else
  (void)step;
#endif
  for (int p = 0; p < PARAMETERS; p++) {
    double g = gradient[p] + 2.0 * alpha * w[p];
    penalty += w[p] * w[p];
#if SOFTMAX
    moment1[p] = 0.9 * moment1[p] + (1.0 - 0.9) * g;
    moment2[p] = 0.999 * moment2[p] + (1.0 - 0.999) * g * g;
    w[p] -= rate * (moment1[p] * scale1) / (sqrt(moment2[p] * scale2) + 1e-8);
#else
    w[p] -= rate * g;
#endif
  }
  return alpha * penalty;
}

/* Train; `batches` holds `size` indices a step, the last batch of an epoch padded with -1, or is
   NULL for all n examples in each step. */
void train(int n, const double *rows, const double *targets, int size, const int *batches,
           int steps, const double *rates, double alpha, double *w, double *losses) {
  memset(moment1, 0, sizeof moment1);
  memset(moment2, 0, sizeof moment2);
  int resident = !batches && n <= CHUNK * LANES;
  if (resident) load(rows, targets, 0, 0, n);
  for (int k = 0; k < steps; k++) {
    const int *batch = batches ? batches + (long)k * size : 0;
    int examples = batches ? size : n;
    while (batch && batch[examples - 1] < 0) examples--;
    memset(gradient, 0, sizeof gradient);
    double total = 0.0, share = 1.0 / examples;
    for (int first = 0; first < examples; first += CHUNK * LANES) {
      int here = examples - first < CHUNK * LANES ? examples - first : CHUNK * LANES;
      if (!resident) load(rows, targets, batch, first, here);
      total += chunk(w, here, share);
    }
    losses[k] = total * share + update(w, rates[k], alpha, k + 1);
  }
}
