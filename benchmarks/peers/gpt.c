/* A training of a GPT of one layer, written by hand: forward, backward and Adam, fused, a document
   after another, each as long as it is. All loops have fixed sizes, so that the compiler keeps rows
   in registers; a linear map reads its weights transposed, and the gradients of its weights are
   added up over the positions of a document before they meet memory.

   Compile with -DV=27 -DD=16 -DH=4 -DC=16, in double precision.
   Weights: tokens, positions, head, query, key, value, output, widen (4D x D), narrow (D x 4D). */

#include <math.h>
#include <string.h>

#define F (4 * D)
#define S (D / H)
#define ALIGNED __attribute__((aligned(64)))
#define INLINE static inline __attribute__((always_inline))

enum {
  TOKENS = 0, POSITIONS = TOKENS + V * D, HEAD = POSITIONS + C * D, QUERY = HEAD + V * D,
  KEY = QUERY + D * D, CONTENT = KEY + D * D, OUTPUT = CONTENT + D * D, WIDEN = OUTPUT + D * D,
  NARROW = WIDEN + F * D, COUNT = NARROW + D * F
};

static double p[COUNT] ALIGNED, q[COUNT] ALIGNED, g[COUNT] ALIGNED; /* q: transposed */
static double m1[COUNT] ALIGNED, m2[COUNT] ALIGNED;
typedef double row[C][D] __attribute__((aligned(64)));
static row e, x0, n1, qs, ks, vs, found, x1, n2, x2, de, dx0, dn1, dq, dk, dv, df, dx1, dn2, dx2;
static double wide[C][F] ALIGNED, dwide[C][F] ALIGNED, z[C][V] ALIGNED;
static double weight[C][H][C] ALIGNED, r0[C], r1[C], r2[C];

INLINE void transpose(int at, int rows, int columns) {
  for (int j = 0; j < columns; j++)
    for (int i = 0; i < rows; i++) q[at + j * rows + i] = p[at + i * columns + j];
}
/* out = W x, the weights transposed */
INLINE void linear(int at, int rows, int columns, const double *x, double *out) {
  double acc[rows];
  for (int i = 0; i < rows; i++) acc[i] = 0.0;
  for (int j = 0; j < columns; j++)
    for (int i = 0; i < rows; i++) acc[i] += x[j] * q[at + j * rows + i];
  for (int i = 0; i < rows; i++) out[i] = acc[i];
}
/* dx += W' dy */
INLINE void back(int at, int rows, int columns, const double *dy, double *dx) {
  double acc[columns];
  for (int j = 0; j < columns; j++) acc[j] = dx[j];
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++) acc[j] += dy[i] * p[at + i * columns + j];
  for (int j = 0; j < columns; j++) dx[j] = acc[j];
}
/* dW += sum over positions of dy x' */
INLINE void outer(int at, int rows, int columns, int n, const double *dy, const double *x) {
  for (int i = 0; i < rows; i++) {
    double acc[columns];
    for (int j = 0; j < columns; j++) acc[j] = g[at + i * columns + j];
    for (int t = 0; t < n; t++)
      for (int j = 0; j < columns; j++) acc[j] += dy[t * rows + i] * x[t * columns + j];
    for (int j = 0; j < columns; j++) g[at + i * columns + j] = acc[j];
  }
}
INLINE double norm(const double *x, double *out) {
  double square = 0.0;
  for (int j = 0; j < D; j++) square += x[j] * x[j];
  double r = 1.0 / sqrt(square / D + 1e-5);
  for (int j = 0; j < D; j++) out[j] = x[j] * r;
  return r;
}
INLINE void norm_back(const double *out, double r, const double *dout, double *dx) {
  double dot = 0.0;
  for (int j = 0; j < D; j++) dot += dout[j] * out[j];
  dot /= D;
  for (int j = 0; j < D; j++) dx[j] += r * (dout[j] - out[j] * dot);
}

static double document(const int *tokens, int n, double share) {
  double cost = 0.0;
  for (int t = 0; t < n; t++) {
    for (int j = 0; j < D; j++) e[t][j] = p[TOKENS + tokens[t] * D + j] + p[POSITIONS + t * D + j];
    r0[t] = norm(e[t], x0[t]);
    r1[t] = norm(x0[t], n1[t]);
    linear(QUERY, D, D, n1[t], qs[t]);
    linear(KEY, D, D, n1[t], ks[t]);
    linear(CONTENT, D, D, n1[t], vs[t]);
    for (int h = 0; h < H; h++) {
      double *w = weight[t][h], most = -1e300, whole = 0.0;
      for (int s = 0; s <= t; s++) {
        double dot = 0.0;
        for (int j = 0; j < S; j++) dot += qs[t][h * S + j] * ks[s][h * S + j];
        w[s] = dot / sqrt((double)S);
        most = w[s] > most ? w[s] : most;
      }
      for (int s = 0; s <= t; s++) w[s] = exp(w[s] - most);
      for (int s = 0; s <= t; s++) whole += w[s];
      double share_ = 1.0 / whole;
      for (int s = 0; s <= t; s++) w[s] *= share_;
      double acc[S];
      for (int j = 0; j < S; j++) acc[j] = 0.0;
      for (int s = 0; s <= t; s++)
        for (int j = 0; j < S; j++) acc[j] += w[s] * vs[s][h * S + j];
      for (int j = 0; j < S; j++) found[t][h * S + j] = acc[j];
    }
    linear(OUTPUT, D, D, found[t], x1[t]);
    for (int j = 0; j < D; j++) x1[t][j] += x0[t][j];
    r2[t] = norm(x1[t], n2[t]);
    linear(WIDEN, F, D, n2[t], wide[t]);
    for (int j = 0; j < F; j++) wide[t][j] = wide[t][j] > 0.0 ? wide[t][j] : 0.0;
    linear(NARROW, D, F, wide[t], x2[t]);
    for (int j = 0; j < D; j++) x2[t][j] += x1[t][j];
    linear(HEAD, V, D, x2[t], z[t]);
    double most = z[t][0], whole = 0.0, chosen = z[t][tokens[t + 1]];
    for (int k = 1; k < V; k++) most = z[t][k] > most ? z[t][k] : most;
    for (int k = 0; k < V; k++) z[t][k] = exp(z[t][k] - most);
    for (int k = 0; k < V; k++) whole += z[t][k];
    cost += most + log(whole) - chosen;
    double scale = share / n / whole;
    for (int k = 0; k < V; k++) z[t][k] *= scale;
    z[t][tokens[t + 1]] -= share / n;
  }
  size_t size = n * D * sizeof(double);
  memset(dx2, 0, size), memset(dn2, 0, size), memset(df, 0, size), memset(dq, 0, size);
  memset(dk, 0, size), memset(dv, 0, size), memset(dn1, 0, size), memset(de, 0, size);
  memset(dwide, 0, n * F * sizeof(double));
  for (int t = n - 1; t >= 0; t--) {
    back(HEAD, V, D, z[t], dx2[t]);
    back(NARROW, D, F, dx2[t], dwide[t]);
    for (int j = 0; j < F; j++) dwide[t][j] = wide[t][j] > 0.0 ? dwide[t][j] : 0.0;
    back(WIDEN, F, D, dwide[t], dn2[t]);
    for (int j = 0; j < D; j++) dx1[t][j] = dx2[t][j];
    norm_back(n2[t], r2[t], dn2[t], dx1[t]);
    back(OUTPUT, D, D, dx1[t], df[t]);
    for (int h = 0; h < H; h++) {
      const double *w = weight[t][h];
      double dw[C], dot = 0.0;
      for (int s = 0; s <= t; s++) {
        double sum = 0.0;
        for (int j = 0; j < S; j++) {
          sum += df[t][h * S + j] * vs[s][h * S + j];
          dv[s][h * S + j] += w[s] * df[t][h * S + j];
        }
        dw[s] = sum;
        dot += sum * w[s];
      }
      for (int s = 0; s <= t; s++) {
        double d = w[s] * (dw[s] - dot) / sqrt((double)S);
        for (int j = 0; j < S; j++) {
          dq[t][h * S + j] += d * ks[s][h * S + j];
          dk[s][h * S + j] += d * qs[t][h * S + j];
        }
      }
    }
  }
  for (int t = 0; t < n; t++) {
    back(QUERY, D, D, dq[t], dn1[t]);
    back(KEY, D, D, dk[t], dn1[t]);
    back(CONTENT, D, D, dv[t], dn1[t]);
    for (int j = 0; j < D; j++) dx0[t][j] = dx1[t][j];
    norm_back(n1[t], r1[t], dn1[t], dx0[t]);
    norm_back(x0[t], r0[t], dx0[t], de[t]);
    for (int j = 0; j < D; j++) g[TOKENS + tokens[t] * D + j] += de[t][j];
    for (int j = 0; j < D; j++) g[POSITIONS + t * D + j] += de[t][j];
  }
  outer(HEAD, V, D, n, z[0], x2[0]);
  outer(NARROW, D, F, n, dx2[0], wide[0]);
  outer(WIDEN, F, D, n, dwide[0], n2[0]);
  outer(OUTPUT, D, D, n, dx1[0], found[0]);
  outer(QUERY, D, D, n, dq[0], n1[0]);
  outer(KEY, D, D, n, dk[0], n1[0]);
  outer(CONTENT, D, D, n, dv[0], n1[0]);
  return cost / n;
}

/* Documents: rows of C + 1 tokens, -1 behind the last. */
void train(const int *documents, int batch, int steps, const double *rates, double *weights,
           double *losses) {
  memcpy(p, weights, sizeof p);
  memset(m1, 0, sizeof m1), memset(m2, 0, sizeof m2);
  double b1 = 1.0, b2 = 1.0;
  for (int step = 0; step < steps; step++) {
    double cost = 0.0;
    memset(g, 0, sizeof g);
    transpose(HEAD, V, D), transpose(QUERY, D, D), transpose(KEY, D, D), transpose(CONTENT, D, D);
    transpose(OUTPUT, D, D), transpose(WIDEN, F, D), transpose(NARROW, D, F);
    for (int b = 0; b < batch; b++) {
      const int *tokens = documents + ((long)step * batch + b) * (C + 1);
      int n = 0;
      while (n < C && tokens[n + 1] >= 0) n++;
      cost += document(tokens, n, 1.0 / batch);
    }
    losses[step] = cost / batch;
    b1 *= 0.85, b2 *= 0.99;
    double c1 = 1.0 / (1.0 - b1), c2 = 1.0 / (1.0 - b2);
    for (int i = 0; i < COUNT; i++) {
      m1[i] = 0.85 * m1[i] + 0.15 * g[i];
      m2[i] = 0.99 * m2[i] + 0.01 * g[i] * g[i];
      p[i] -= rates[step] * m1[i] * c1 / (sqrt(m2[i] * c2) + 1e-8);
    }
  }
  memcpy(weights, p, sizeof p);
}
