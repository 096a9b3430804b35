using System.Security.Cryptography;
using System.Text;

namespace Nex.Chaos;

/// <summary>
/// What is left to chance, so that it can be had again: each step of each actor in each round has dice of its own, which depend on nothing but the
/// seed and that place. So the n-th step of a round is to do the same thing, as long, to the one at the same place among those that there are, whatever came
/// of the steps before it. Who is there then, and how many steps a round has room for, is up to the system, and may differ.
/// </summary>
internal static class Dice
{
    internal static Random For(int seed, string actor, Round round, int step) =>
        new(BitConverter.ToInt32(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed} {actor} {round.Number} {step}"))));
}
